package io.troika.server.cli.output;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.client.Job;
import io.troika.client.Job.State;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Jobs for people and for programs. */
final class JobText {
  private static final int PERCENT = 100;

  private JobText() {}

  static List<String> lines(List<Job> jobs) {
    TextTable table =
        new TextTable("JOB", "STORAGE", "STATE", "BEGAN", "BY", ">DONE", "WHAT IT SAYS");
    for (Job job : jobs) {
      table.row(
          job.kind(),
          job.storage(),
          job.state().name().toLowerCase(Locale.ROOT),
          HumanUnits.time(job.started()),
          job.by().isEmpty() ? "-" : job.by(),
          done(job),
          job.state() == State.RUNNING ? job.phase() : job.outcome());
    }
    return table.lines();
  }

  private static String done(Job job) {
    if (job.unit().isEmpty()) {
      return "-";
    }
    if (job.total() <= 0) {
      return amount(job, job.done());
    }
    long percent = (long) (PERCENT * (double) job.done() / job.total());
    return job.unit().equals("%")
        ? percent + " %"
        : "%s of %s (%s %%)".formatted(amount(job, job.done()), amount(job, job.total()), percent);
  }

  private static String amount(Job job, long amount) {
    return job.unit().equals("bytes") ? HumanUnits.size(amount) : HumanUnits.count(amount);
  }

  static JsonArray json(List<Job> jobs) {
    JsonArray array = new JsonArray();
    for (Job job : jobs) {
      JsonObject json = new JsonObject();
      json.addProperty("id", job.id());
      json.addProperty("kind", job.kind());
      json.addProperty("storage", job.storage());
      json.addProperty("by", job.by());
      json.addProperty("state", job.state().name().toLowerCase(Locale.ROOT));
      json.addProperty("started", job.started().toString());
      json.addProperty("ended", job.ended().map(Instant::toString).orElse(null));
      json.addProperty("phase", job.phase());
      json.addProperty("done", job.done());
      json.addProperty("total", job.total());
      json.addProperty("unit", job.unit());
      json.addProperty("outcome", job.outcome());
      array.add(json);
    }
    return array;
  }
}
