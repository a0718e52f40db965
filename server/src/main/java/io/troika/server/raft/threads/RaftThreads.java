package io.troika.server.raft.threads;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of the Raft adapter, beside Ratis's own: one for timed work that never blocks, two
 * for work that may, one for work that takes as long as a state is large, and one that calls
 * leadership listeners.
 */
public final class RaftThreads implements AutoCloseable {
  private static final int WORKERS = 2;
  private static final Duration END = Duration.ofSeconds(5);

  private final ScheduledThreadPoolExecutor timerThread;
  private final ExecutorService workers;
  private final ExecutorService reader;
  private final ExecutorService listeners;
  private final TaskTimer timer;

  public RaftThreads(String nodeId) {
    // What comes after the end is dropped: it could only tell a stopped node about itself.
    timerThread =
        new ScheduledThreadPoolExecutor(
            1, named(nodeId + "-raft-timer"), new ThreadPoolExecutor.DiscardPolicy());
    timerThread.setRemoveOnCancelPolicy(true);
    timerThread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    workers = Executors.newFixedThreadPool(WORKERS, named(nodeId + "-raft-worker"));
    reader = Executors.newSingleThreadExecutor(named(nodeId + "-raft-reader"));
    listeners =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named(nodeId + "-raft-leadership"),
            new ThreadPoolExecutor.DiscardPolicy());
    timer = TaskTimer.over(timerThread);
  }

  public TaskTimer timer() {
    return timer;
  }

  public Executor worker() {
    return workers;
  }

  /** For what reads a whole state: the workers are not kept from the rest by that. */
  public Executor reader() {
    return reader;
  }

  public Executor listener() {
    return listeners;
  }

  private static ThreadFactory named(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Those that run have a few seconds to end. */
  @Override
  public void close() {
    timerThread.shutdown();
    workers.shutdown();
    reader.shutdown();
    listeners.shutdown();
    try {
      for (ExecutorService each : new ExecutorService[] {timerThread, workers, reader, listeners}) {
        if (!each.awaitTermination(END.toMillis(), TimeUnit.MILLISECONDS)) {
          each.shutdownNow();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
