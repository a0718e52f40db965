package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.raft.leadership.TermRoundModel.Defect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The proof in {@link TermRound}'s Javadoc, tried on random schedules of a modelled group. */
class TermRoundModelTest {
  private static final int STEPS = 2_000;
  private static final int SEEDS = 500;
  private static final int SEEDS_TO_FIND_A_DEFECT = 3_000;

  @Test
  void prove_anySchedule_neverServesAStaleState() {
    int proofs = 0;
    int refusals = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      TermRoundModel model = new TermRoundModel(seed, size(seed), Defect.NONE);
      assertThat(model.servesStale(STEPS)).as("stale with seed %d", seed).isFalse();
      proofs += model.proofs();
      refusals += model.refusals();
    }
    assertThat(proofs).as("the schedules prove something").isGreaterThan(SEEDS);
    assertThat(refusals).as("and depose leaders").isGreaterThan(SEEDS);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void prove_withADefect_isFoundStale(Defect defect) {
    long seed = 0;
    while (seed < SEEDS_TO_FIND_A_DEFECT
        && !new TermRoundModel(seed, size(seed), defect).servesStale(STEPS)) {
      seed++;
    }
    assertThat(seed).as("first seed that finds it").isLessThan(SEEDS_TO_FIND_A_DEFECT);
  }

  private static int size(long seed) {
    return seed % 4 == 0 ? 5 : 3;
  }
}
