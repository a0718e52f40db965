package io.troika.client.internal.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.ConflictException;
import io.troika.client.Tid;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How commits end that may be merged; what is merged, and how, is tested through the client. */
final class MergerTest {

  /** As when the client is closed between the conflict and the question for what conflicts. */
  @Test
  void orMerged_mergingThrows_endsTheCommit() {
    CompletableFuture<Tid> merged =
        Merger.orMerged(
            CompletableFuture.failedFuture(new ConflictException("m", List.of())),
            0,
            conflict -> true,
            conflict -> {
              throw new IllegalStateException("the client is closed");
            });

    assertThat(merged)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(IllegalStateException.class);
  }
}
