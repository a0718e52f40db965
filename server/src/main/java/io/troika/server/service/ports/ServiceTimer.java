package io.troika.server.service.ports;

import java.time.Duration;

/**
 * Time, as far as the service needs it: leases, bounded waits, heartbeats. Replaced by hand-driven
 * time in tests. Safe for any thread.
 */
public interface ServiceTimer {

  /** A monotonic clock, nanoseconds since some origin. Never jumps with the wall clock. */
  long nanoTime();

  /**
   * Runs {@code task} once, no earlier than after {@code delay}. Tasks are short and do not block:
   * they may share one thread.
   */
  Cancellable schedule(Duration delay, Runnable task);

  /** A task that may still be called off. */
  @FunctionalInterface
  interface Cancellable {
    /** Keeps the task from running if it has not begun; otherwise does nothing. */
    void cancel();
  }
}
