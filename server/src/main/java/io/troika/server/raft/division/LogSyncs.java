package io.troika.server.raft.division;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.thirdparty.com.codahale.metrics.Snapshot;
import org.apache.ratis.thirdparty.com.codahale.metrics.Timer;

/**
 * What fsync of a node's Raft log takes, as Ratis measures it: quantiles over the last minutes, in
 * which what is older counts less.
 *
 * @param count since this process took part in the group
 */
public record LogSyncs(long count, double medianSeconds, double p99Seconds, double maxSeconds) {
  /** Before the first one. */
  public static final LogSyncs NONE = new LogSyncs(0, 0, 0, 0);

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Of a node's part in a group, in this process, by what Ratis calls it. */
  public static LogSyncs of(String memberId) {
    MetricRegistries registries = MetricRegistries.global();
    return registries.getMetricRegistryInfos().stream()
        .filter(info -> info.getPrefix().equals(memberId))
        .flatMap(info -> registries.get(info).stream())
        .flatMap(LogSyncs::syncTimer)
        .findFirst()
        .map(LogSyncs::of)
        .orElse(NONE);
  }

  private static Stream<Timer> syncTimer(RatisMetricRegistry registry) {
    return registry instanceof LogSyncRegistries.Registry ours
        ? ours.syncs().stream()
        : Stream.empty();
  }

  private static LogSyncs of(Timer timer) {
    Snapshot snapshot = timer.getSnapshot();
    return new LogSyncs(
        timer.getCount(),
        snapshot.getMedian() / NANOS_PER_SECOND,
        snapshot.get99thPercentile() / NANOS_PER_SECOND,
        snapshot.getMax() / NANOS_PER_SECOND);
  }
}
