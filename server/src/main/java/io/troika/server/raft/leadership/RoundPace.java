package io.troika.server.raft.leadership;

import java.time.Duration;

/**
 * When the next of several rounds that overlap may begin. Each round has a place while it asks;
 * when it is decided, the next one may take its place at once. With another place a round begins
 * somewhat after the one before it: where the others are far away callers then wait for less than
 * the rest of a round and a whole one, and in one data centre nothing overlaps.
 *
 * <p>Not safe for several threads; pure, the time is told to it.
 */
final class RoundPace {
  /** Rounds that ask at the same time. */
  static final int OVERLAPPING_MAX = 8;

  /** Between the beginnings of two that overlap; longer than a round takes in one data centre. */
  static final Duration OVERLAP_AFTER = Duration.ofMillis(5);

  /**
   * Of {@link #waitNanos}: no place is left, and who ends a round looks for the next one itself.
   */
  static final long UNTIL_ONE_IS_DECIDED = Long.MAX_VALUE;

  private int places;
  private long newestNanos; // when a round began last
  private long tookNanos; // the last one that was decided

  /** How long until one more round may begin beside those that ask: zero if it may now. */
  long waitNanos(long nowNanos) {
    if (places == 0) {
      return 0;
    }
    if (places == OVERLAPPING_MAX) {
      return UNTIL_ONE_IS_DECIDED;
    }
    long apartNanos = Math.max(OVERLAP_AFTER.toNanos(), tookNanos / OVERLAPPING_MAX);
    return Math.max(0, apartNanos - (nowNanos - newestNanos));
  }

  /** For one more round, which may begin now. */
  void takePlace() {
    places++;
  }

  /** A round with a place begins to ask. */
  void begun(long nowNanos) {
    newestNanos = nowNanos;
  }

  /** A round is decided, so much after its beginning; its place is the next one's. */
  void decided(long nanos) {
    tookNanos = nanos;
  }

  /** There is no next one for a place. */
  void leavePlace() {
    places--;
  }
}
