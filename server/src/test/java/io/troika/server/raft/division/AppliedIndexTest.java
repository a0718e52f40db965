package io.troika.server.raft.division;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.service.refusals.NotNowException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AppliedIndexTest {
  private final AppliedIndex applied = new AppliedIndex(5);

  @Test
  void whenReached_completesOnceTheIndexIsApplied() {
    CompletableFuture<Void> seventh = applied.whenReached(7);
    assertThat(applied.whenReached(5)).isCompleted();

    applied.advance(6);
    assertThat(seventh).isNotDone();
    applied.advance(8);

    assertThat(seventh).isCompleted();
  }

  /** As when its disk fails: whoever waits is not told that something is wrong with his call. */
  @Test
  void stop_whoWaitsNowOrLater_isToldToAskAnotherNode() {
    CompletableFuture<Void> before = applied.whenReached(6);

    applied.stop();

    assertThatThrownBy(before::join).hasCauseInstanceOf(NotNowException.class);
    assertThatThrownBy(applied.whenReached(6)::join).hasCauseInstanceOf(NotNowException.class);
    assertThat(applied.whenReached(5)).isCompleted();
  }
}
