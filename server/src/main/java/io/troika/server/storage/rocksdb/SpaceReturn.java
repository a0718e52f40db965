package io.troika.server.storage.rocksdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the space of dropped storages back to the disk, without anybody waiting for it. Their rows
 * go by range deletions, which RocksDB comes upon only when it has other reasons to compact the
 * same files: in a quiet database, never.
 *
 * <p>Its one thread exists from the first drop on, and has ended before the database is closed.
 * Safe for any thread.
 */
final class SpaceReturn implements AutoCloseable {
  /** From then on the rows may go. */
  private static final Duration AFTER = DroppedStorages.KEPT.plusSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(SpaceReturn.class);

  private final Work work;
  private @Nullable ScheduledThreadPoolExecutor thread;
  private boolean closed;

  /** What is to be done; whoever cancels it makes it end early. */
  interface Work {
    void run() throws IOException;

    void cancel();
  }

  SpaceReturn(Work work) {
    this.work = work;
  }

  /** A storage was dropped: its space is given back when its rows may go. */
  void later() {
    schedule(AFTER);
  }

  /** There are rows that may go already. */
  void soon() {
    schedule(Duration.ZERO);
  }

  private synchronized void schedule(Duration delay) {
    if (closed) {
      return;
    }
    if (thread == null) {
      thread =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread made = new Thread(task, "troika-space-return");
                made.setDaemon(true);
                return made;
              });
      thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }
    var unused = thread.schedule(this::workOrTryAgain, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** When the disk fails, whoever writes next says so; here it is enough to try again. */
  private void workOrTryAgain() {
    try {
      work.run();
    } catch (IOException | UncheckedIOException e) {
      schedule(AFTER);
    } catch (RuntimeException e) {
      log.error("the space of dropped storages is not given back", e);
    }
  }

  @Override
  public void close() {
    ScheduledThreadPoolExecutor ending;
    synchronized (this) {
      closed = true;
      ending = thread;
    }
    work.cancel();
    if (ending != null) {
      ending.shutdown();
      awaitEnd(ending);
    }
  }

  /** Also when interrupted: a thread inside a database that is closed would take the JVM down. */
  private static void awaitEnd(ScheduledThreadPoolExecutor ending) {
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = ending.awaitTermination(1, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
