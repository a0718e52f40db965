package io.troika.server.status;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.troika.server.status.Activity.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last minutes of the cluster: commits as this node applied them, all else as the node measured
 * it that led in that second.
 */
final class ActivityJson {
  private static final double MICROS_PER_MILLI = 1_000;
  private static final Sample NOTHING = Sample.quiet(0);

  private ActivityJson() {}

  static JsonObject of(NodeReport own, Map<String, NodeReport> reports) {
    Map<Long, Sample> measured = new HashMap<>();
    reports
        .values()
        .forEach(
            report ->
                report
                    .activity()
                    .forEach(sample -> measured.merge(sample.second(), sample, ActivityJson::of)));
    List<Sample> samples = own.activity();
    JsonArray commits = new JsonArray(samples.size());
    JsonArray conflicts = new JsonArray(samples.size());
    JsonArray p50 = new JsonArray(samples.size());
    JsonArray p99 = new JsonArray(samples.size());
    for (Sample sample : samples) {
      Sample of = measured.getOrDefault(sample.second(), NOTHING);
      commits.add(sample.commits());
      conflicts.add(of.conflicts());
      p50.add(millis(of.p50Micros()));
      p99.add(millis(of.p99Micros()));
    }
    JsonObject json = new JsonObject();
    json.addProperty("firstSecond", samples.isEmpty() ? null : (Long) samples.get(0).second());
    json.add("commits", commits);
    json.add("conflicts", conflicts);
    json.add("p50Millis", p50);
    json.add("p99Millis", p99);
    return json;
  }

  /** Of two nodes that led in the same second, the slower one. */
  private static Sample of(Sample one, Sample other) {
    Sample slower = one.p99Micros() >= other.p99Micros() ? one : other;
    return new Sample(
        one.second(),
        Math.max(one.commits(), other.commits()),
        one.conflicts() + other.conflicts(),
        slower.p50Micros(),
        slower.p99Micros());
  }

  private static @Nullable Double millis(int micros) {
    return micros < 0 ? null : (Double) (micros / MICROS_PER_MILLI);
  }
}
