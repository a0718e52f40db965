package io.troika.server.access;

import java.util.concurrent.atomic.AtomicLong;

/**
 * One client's pace, as a token bucket in one number: the moment at which it will have paid for all
 * that it took (the "theoretical arrival time" of GCRA, ITU-T I.371). A client may be ahead of its
 * pace by a second's worth without waiting, and in debt for {@link #DEBT_MAX_NANOS} more.
 *
 * <p>Not from a library: Bucket4j, looked at, has no bound on debt, so a client that read a blob of
 * 100 GiB would be locked out for hours, and allows one token a nanosecond at most.
 *
 * <p>Times are those of {@link System#nanoTime}. Safe for any thread.
 */
final class ClientRate {
  static final long BURST_NANOS = 1_000_000_000L;

  /** Shorter than anything waits for a client: a voted transaction is held for 30 s. */
  static final long DEBT_MAX_NANOS = 5_000_000_000L;

  private final double nanosPerUnit;
  private final AtomicLong paidNanos;

  /**
   * @param perSecond 1 or more
   */
  ClientRate(long perSecond, long nowNanos) {
    this.nanosPerUnit = (double) BURST_NANOS / perSecond;
    this.paidNanos = new AtomicLong(nowNanos);
  }

  /** How long it has to wait before it may take more; 0: it may now. */
  long waitNanos(long nowNanos) {
    return Math.max(0, paidNanos.get() - nowNanos - BURST_NANOS);
  }

  /** Takes so much, whether it may or not. */
  void take(long units, long nowNanos) {
    long cost = (long) Math.min(units * nanosPerUnit, (double) (BURST_NANOS + DEBT_MAX_NANOS));
    long most = nowNanos + BURST_NANOS + DEBT_MAX_NANOS;
    paidNanos.updateAndGet(
        paid -> {
          long from = paid - nowNanos > 0 ? paid : nowNanos;
          return from + cost - most > 0 ? most : from + cost;
        });
  }
}
