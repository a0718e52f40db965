package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class HandOversTest {
  private final HandOvers handOvers = new HandOvers();

  @Test
  void over_none_isDone() {
    assertThat(handOvers.over()).isDone();
  }

  @Test
  void over_during_isDoneAfterwards() {
    var over = handOvers.during(handOvers::over);

    assertThat(over).isDone();
    assertThat(handOvers.during(() -> handOvers.over().isDone())).isFalse();
  }

  @Test
  void over_callFails_isDone() {
    assertThatThrownBy(
            () ->
                handOvers.during(
                    () -> {
                      throw new IllegalStateException("refused");
                    }))
        .hasMessage("refused");

    assertThat(handOvers.over()).isDone();
  }

  @Test
  void over_twoAtOnce_isDoneAfterBoth() {
    handOvers.during(
        () -> {
          handOvers.during(() -> "the second");
          assertThat(handOvers.over()).isNotDone();
          return "the first";
        });

    assertThat(handOvers.over()).isDone();
  }
}
