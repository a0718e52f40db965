package io.troika.server.raft.clock;

import java.util.Collection;

/**
 * The median of all clocks, this node's own included, as soon as the own one is said. Of an even
 * number it is the lower of the two in the middle: a time that is too early is harmless, tids and
 * the log's time do not go back.
 *
 * @param low the median is at least this, whatever the own clock says
 * @param high and at most this
 */
record MiddleClock(long low, long high) {
  /** With no other clock: the own one. */
  static final MiddleClock OWN = new MiddleClock(Long.MIN_VALUE, Long.MAX_VALUE);

  /** Beside these clocks of other nodes. */
  static MiddleClock beside(Collection<Long> others) {
    long[] sorted = others.stream().mapToLong(Long::longValue).sorted().toArray();
    int middle = sorted.length / 2;
    return new MiddleClock(
        middle > 0 ? sorted[middle - 1] : Long.MIN_VALUE,
        middle < sorted.length ? sorted[middle] : Long.MAX_VALUE);
  }

  long of(long own) {
    return Math.max(low, Math.min(own, high));
  }
}
