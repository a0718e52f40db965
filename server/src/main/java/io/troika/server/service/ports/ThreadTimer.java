package io.troika.server.service.ports;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real time on one daemon thread. What is scheduled is bounded by those who schedule: one task a
 * lease, a waiter, a feed.
 */
public final class ThreadTimer implements ServiceTimer, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadTimer.class);
  private static final Cancellable NOTHING = () -> {};

  private final ScheduledThreadPoolExecutor executor;

  private ThreadTimer(ScheduledThreadPoolExecutor executor) {
    this.executor = executor;
  }

  /** Starts the thread, which ends with {@link #close}. */
  public static ThreadTimer start(String threadName) {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, threadName);
              thread.setDaemon(true);
              return thread;
            });
    // Most waits end long before their time is up: cancelled tasks must not pile up till then.
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return new ThreadTimer(executor);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Cancellable schedule(Duration delay, Runnable task) {
    try {
      Future<?> scheduled = executor.schedule(() -> runLogged(task), delay.toNanos(), NANOSECONDS);
      return () -> scheduled.cancel(false);
    } catch (RejectedExecutionException e) {
      if (executor.isShutdown()) {
        return NOTHING; // The node stops; what waits is failed by those who own it.
      }
      throw e;
    }
  }

  private static void runLogged(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      // The executor would keep it in a future that nobody reads.
      LOG.error("A timed task failed", e);
      throw e;
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
