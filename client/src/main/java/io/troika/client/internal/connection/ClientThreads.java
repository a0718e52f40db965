package io.troika.client.internal.connection;

import io.troika.client.internal.Listeners;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a client besides gRPC's event loops: one that waits for times, and a pool that
 * runs users' code, so that no user can stop an event loop.
 */
public final class ClientThreads {
  private static final int USER_THREADS_MIN = 2;
  private static final long TERMINATION_SECONDS_MAX = 5;

  private static final int NAME_THREADS_MAX = 4;
  private static final long NAME_THREADS_IDLE_SECONDS = 2;

  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor names;
  private final Executor users;
  private final @Nullable ExecutorService ownPool;

  /** With the users' own executor, or else a pool of ours. */
  public ClientThreads(Optional<Executor> executor) {
    timer = new ScheduledThreadPoolExecutor(1, daemons("troika-timer"));
    timer.setRemoveOnCancelPolicy(true);
    names =
        new ThreadPoolExecutor(
            NAME_THREADS_MAX,
            NAME_THREADS_MAX,
            NAME_THREADS_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            daemons("troika-names"));
    names.allowCoreThreadTimeOut(true);
    int threads = Math.max(USER_THREADS_MIN, Runtime.getRuntime().availableProcessors());
    ownPool =
        executor.isPresent()
            ? null
            : new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                daemons("troika-user"),
                // Closed: what still ends must be told, on the thread that ends it.
                (task, pool) -> task.run());
    users = ownPool == null ? neverRefusing(executor.orElseThrow()) : ownPool;
  }

  /** What the users' executor refuses has to be told elsewhere: somebody waits for it. */
  private static Executor neverRefusing(Executor theirs) {
    return task -> {
      AtomicBoolean begun = new AtomicBoolean();
      try {
        theirs.execute(
            () -> {
              begun.set(true);
              task.run();
            });
      } catch (RejectedExecutionException e) {
        if (begun.get()) {
          throw e; // of the task itself, on this thread
        }
        ForkJoinPool.commonPool().execute(task);
      }
    };
  }

  /**
   * Runs short work, which never waits, after a pause. What it throws goes to the thread's uncaught
   * exception handler.
   *
   * @return whether it will run; not when this is closed
   */
  public boolean later(Runnable task, long nanos) {
    try {
      Future<?> scheduled = timer.schedule(() -> reporting(task), nanos, TimeUnit.NANOSECONDS);
      return !scheduled.isCancelled();
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private static void reporting(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      Listeners.report(e);
    }
  }

  /** For look-ups of host names, which block. At most one a channel waits here. */
  Executor names() {
    return names;
  }

  /**
   * Where users' code runs. What waits here is bounded by the calls and watches that users have
   * begun, each of which has a limit of its own.
   */
  public Executor users() {
    return users;
  }

  /** Ends the threads of ours once they have done what was given to them before. */
  public void close() throws InterruptedException {
    timer.shutdownNow();
    boolean ended;
    try {
      ended = timer.awaitTermination(TERMINATION_SECONDS_MAX, TimeUnit.SECONDS);
    } finally {
      names.shutdownNow();
      if (ownPool != null) {
        ownPool.shutdown();
      }
    }
    if (!ended) {
      throw new IllegalStateException("the timer thread still runs after close");
    }
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
