package io.troika.server.raft.threads;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Time as the Raft adapter uses it, so that a test can hold it still. Safe for any thread. */
public interface TaskTimer {

  /** A monotonic reading in nanoseconds; only differences mean something. */
  long nanoTime();

  /**
   * Runs {@code task} once, after {@code delay}, on a thread of the timer that it must not block.
   *
   * @return cancels the task if it has not begun; calling it twice or too late is harmless
   */
  Runnable schedule(Runnable task, Duration delay);

  /** The system's clock, with tasks run by {@code executor}, which stays its owner's to close. */
  static TaskTimer over(ScheduledExecutorService executor) {
    return new TaskTimer() {
      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public Runnable schedule(Runnable task, Duration delay) {
        ScheduledFuture<?> future = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
      }
    };
  }
}
