package io.troika.server.raft.entries;

import java.time.Duration;

/**
 * Whether a little waiting would make one log entry of two. Whoever was just answered mostly comes
 * back at once with the next command. To send what waits without them makes two groups of clients
 * that take turns, with twice the entries; and entries are what costs. So the next entry waits
 * until as many commands are there as were answered and waited, but no longer than the last entry
 * took from its beginning to its answer, and never longer than {@link #WAIT_MAX}.
 *
 * <p>Those who do not come back are not waited for again and again: after a wait that was in vain
 * entries go out at once, 2 of them, then 4, up to {@link #PASSED_MAX}, until a wait pays. A lone
 * client is never waited for: it is there when it comes.
 *
 * <p>Guarded by its owner. Times are readings of one monotonic clock in nanoseconds.
 */
final class Gathering {
  /** Also on a slow disk. */
  static final Duration WAIT_MAX = Duration.ofMillis(5);

  static final int PASSED_MAX = 64;

  private int expected;
  private int worthIt;
  private boolean waiting;
  private long endNanos;

  /** How many entries go out at once after the next wait in vain, and how many are left to. */
  private int penalty = 2;

  private int passing;

  /**
   * An entry is applied, and those of its commands are about to be answered.
   *
   * @param answered how many they are
   * @param queued how many others wait
   * @param flightNanos how long the entry was under way
   */
  void answered(int answered, int queued, long flightNanos, long nanoTime) {
    expected = answered + queued;
    worthIt = queued + (answered + 1) / 2;
    if (passing > 0) {
      passing--;
      waiting = false;
      return;
    }
    long waitNanos = Math.min(flightNanos, WAIT_MAX.toNanos());
    waiting = expected > 1 && waitNanos > 0;
    endNanos = nanoTime + waitNanos;
  }

  /** How long what is queued has to wait for more, unless more comes; 0: not at all. */
  long leftNanos(int queued, long nanoTime) {
    if (!waiting) {
      return 0;
    }
    long left = endNanos - nanoTime;
    if (queued < expected && left > 0) {
      return left;
    }
    waiting = false;
    if (queued >= worthIt) {
      penalty = 2;
    } else {
      passing = penalty;
      penalty = Math.min(PASSED_MAX, 2 * penalty);
    }
    return 0;
  }
}
