package io.troika.server.raft.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
final class BoundedCloseTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final int HELPS = 3;

  private final CompletableFuture<String> end = new CompletableFuture<>();

  private void await(CountDownLatch latch) {
    try {
      latch.await();
      end.complete("closed");
    } catch (InterruptedException e) {
      end.complete("interrupted");
    }
  }

  @Test
  void run_closingWaitsForHelp_isHelpedUntilItIsClosed() {
    CountDownLatch helped = new CountDownLatch(HELPS);

    BoundedClose.run("closes", () -> await(helped), helped::countDown, LONG);

    assertThat(end).isCompletedWithValue("closed");
  }

  @Test
  void run_closingWaitsForEver_isInterrupted() {
    CountDownLatch never = new CountDownLatch(1);

    BoundedClose.run("closes", () -> await(never), () -> {}, Duration.ofMillis(1));

    assertThat(end.join()).isEqualTo("interrupted");
  }
}
