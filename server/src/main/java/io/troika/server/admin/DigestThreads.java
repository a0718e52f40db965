package io.troika.server.admin;

import io.troika.server.service.refusals.OverloadedException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for digests, which read whole storages: each takes as long as that takes, and nothing
 * else may have to wait for it, not other calls and least of all what peers ask. Bounded: more is
 * refused with {@link OverloadedException}.
 */
public final class DigestThreads implements Executor, AutoCloseable {
  private static final int THREADS = 2;
  static final int WAITING_MAX = 16;

  private final ThreadPoolExecutor threads;

  public DigestThreads(String nodeId) {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            1,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            task -> {
              Thread thread = new Thread(task, nodeId + "-digest-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            (task, pool) -> {
              throw new OverloadedException(
                  "%s digests wait on node %s already".formatted(WAITING_MAX, nodeId));
            });
    threads.allowCoreThreadTimeOut(true);
  }

  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /** Those that run end when the store is closed. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
