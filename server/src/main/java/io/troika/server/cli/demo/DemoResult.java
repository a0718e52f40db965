package io.troika.server.cli.demo;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What a demo measured and found.
 *
 * @param loading how long the commits took in all, the fail-over included
 * @param commitNanos latency of each commit
 * @param failOverGap from SIGKILL to the next acknowledged commit
 */
record DemoResult(
    String load,
    long transactions,
    long objects,
    long bytes,
    Duration loading,
    Histogram commitNanos,
    Duration failOverGap,
    long lost,
    long duplicated,
    long reads,
    long staleReads,
    long failedReads,
    boolean replicasEqual) {

  /** Whether all that was promised is so, and was put to the test. */
  boolean isGood() {
    boolean tested = reads > 0 && !failOverGap.isZero();
    return tested && lost == 0 && duplicated == 0 && staleReads == 0 && replicasEqual;
  }

  /** Acknowledged commits a second, over the whole load; each may hold several transactions. */
  double commitsPerSecond() {
    return commitNanos.getTotalCount() / (loading.toNanos() / 1e9);
  }
}
