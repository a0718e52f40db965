package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HandOversTest {
  private final HandOvers handOvers = new HandOvers();

  @Test
  void over_none_isDone() {
    assertThat(handOvers.over()).isDone();
  }

  @Test
  void over_during_isDoneWhenTheCallIs() {
    CompletableFuture<String> call = new CompletableFuture<>();
    CompletableFuture<String> handedOver = handOvers.during(() -> call);
    CompletableFuture<Void> over = handOvers.over();
    assertThat(over).isNotDone();

    call.complete("done");

    assertThat(handedOver).isCompletedWithValue("done");
    assertThat(over).isDone();
    assertThat(handOvers.over()).isDone();
  }

  @Test
  void over_callFails_isDone() {
    CompletableFuture<Void> over = handOvers.over();
    assertThat(
            handOvers.during(
                () -> CompletableFuture.failedFuture(new IllegalStateException("refused"))))
        .isCompletedExceptionally();
    assertThatThrownBy(
            () ->
                handOvers.during(
                    () -> {
                      throw new IllegalStateException("refused");
                    }))
        .hasMessage("refused");

    assertThat(over).isDone();
    assertThat(handOvers.over()).isDone();
  }

  @Test
  void over_twoAtOnce_isDoneAfterBoth() {
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> second = new CompletableFuture<>();
    var unusedFirst = handOvers.during(() -> first);
    var unusedSecond = handOvers.during(() -> second);

    second.complete("the second");
    assertThat(handOvers.over()).isNotDone();
    first.complete("the first");

    assertThat(handOvers.over()).isDone();
  }
}
