package io.troika.server.status;

import java.util.Arrays;

/**
 * A histogram of durations whose bounds grow by the eighth root of 2, so that a quantile is right
 * within 5 %. Not thread-safe.
 */
final class Latencies {
  private static final int BUCKETS_PER_DOUBLING = 8;
  private static final int DOUBLINGS = 27; // to above two minutes
  private static final int[] MICROS_MAX = bounds();

  private final int[] counts = new int[MICROS_MAX.length];
  private int total;

  private static int[] bounds() {
    int[] bounds = new int[BUCKETS_PER_DOUBLING * DOUBLINGS];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = (int) Math.ceil(Math.pow(2, (double) (i + 1) / BUCKETS_PER_DOUBLING));
    }
    return bounds;
  }

  void add(long micros) {
    int bounded = (int) Math.max(1, Math.min(micros, MICROS_MAX[MICROS_MAX.length - 1]));
    int found = Arrays.binarySearch(MICROS_MAX, bounded);
    counts[found >= 0 ? found : -found - 1]++;
    total++;
  }

  /** What {@code percent} of the durations are not above, in microseconds; -1 if there are none. */
  int quantile(int percent) {
    long wanted = Math.max(1, ((long) total * percent + 99) / 100);
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= wanted) {
        return MICROS_MAX[i];
      }
    }
    return -1;
  }

  void clear() {
    Arrays.fill(counts, 0);
    total = 0;
  }
}
