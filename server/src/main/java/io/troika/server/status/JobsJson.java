package io.troika.server.status;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The jobs that any node knows of: those that run, then the last ones that ended. */
final class JobsJson {
  private static final double MILLIS_PER_SECOND = 1_000;

  private JobsJson() {}

  static JsonArray of(Collection<List<Job>> known, long nowMillis) {
    Map<String, Job> byId = new LinkedHashMap<>();
    for (List<Job> jobs : known) {
      jobs.forEach(job -> byId.merge(job.id(), job, JobsJson::both));
    }
    JsonArray array = new JsonArray();
    List<Job> running = byId.values().stream().filter(Job::isRunning).toList();
    running.stream()
        .sorted(Comparator.comparingLong(Job::startedMillis))
        .limit(JobBoard.RUNNING_MAX)
        .forEach(job -> array.add(json(job, nowMillis)));
    byId.values().stream()
        .filter(job -> !job.isRunning())
        .sorted(Comparator.comparingLong(Job::endedMillis).reversed())
        .limit(JobBoard.ENDED_MAX)
        .forEach(job -> array.add(json(job, nowMillis)));
    return array;
  }

  /** Who asked for a pack knows one node only. */
  private static Job both(Job one, Job other) {
    Job better = better(one, other);
    return better.by().isEmpty() ? better.by(one.by()).by(other.by()) : better;
  }

  /** A job may have been told to one node first and to another one then. */
  private static Job better(Job one, Job other) {
    if (one.isRunning() && other.isRunning()) {
      return one.progress().done() >= other.progress().done() ? one : other;
    }
    boolean oneKnows = one.state() == Job.State.SUCCEEDED || one.state() == Job.State.FAILED;
    boolean otherKnows = other.state() == Job.State.SUCCEEDED || other.state() == Job.State.FAILED;
    return oneKnows || (one.isRunning() && !otherKnows) ? one : other;
  }

  private static JsonObject json(Job job, long nowMillis) {
    long end = job.endedMillis() == 0 ? nowMillis : job.endedMillis();
    double seconds = Math.max(0, end - job.startedMillis()) / MILLIS_PER_SECOND;
    JsonObject json = new JsonObject();
    json.addProperty("id", job.id());
    json.addProperty("kind", job.kind());
    json.addProperty("storage", job.storage());
    json.addProperty("by", job.by().isEmpty() ? null : job.by());
    json.addProperty("state", job.state().name().toLowerCase(Locale.ROOT));
    json.addProperty("since", Instant.ofEpochMilli(job.startedMillis()).toString());
    json.addProperty(
        "ended", job.isRunning() ? null : Instant.ofEpochMilli(job.endedMillis()).toString());
    json.addProperty("seconds", seconds);
    json.addProperty("phase", job.phase());
    json.addProperty("done", job.progress().done());
    json.addProperty("total", job.progress().total() == 0 ? null : (Long) job.progress().total());
    json.addProperty("unit", job.progress().unit());
    json.addProperty("perSecond", seconds < 1 ? null : (Double) (job.progress().done() / seconds));
    json.addProperty("outcome", job.outcome());
    return json;
  }
}
