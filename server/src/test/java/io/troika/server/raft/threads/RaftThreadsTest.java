package io.troika.server.raft.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RaftThreadsTest {
  /** Checkpoints of several groups may have arrived. */
  @Test
  void reader_isBusy_workersAreNot() {
    CountDownLatch read = new CountDownLatch(1);
    try (RaftThreads threads = new RaftThreads("n1")) {
      for (int i = 0; i < 4; i++) {
        threads.reader().execute(() -> awaitQuietly(read));
      }
      assertThat(CompletableFuture.supplyAsync(() -> "work", threads.worker()))
          .succeedsWithin(60, TimeUnit.SECONDS);
      read.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
