package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.GroupControl.Candidate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** To whom a leader hands over when it is not told. */
class HandOverTest {
  private static final Candidate OLD = candidate("n2", 7, 9_600, 1_000);
  private static final Candidate YOUNG = candidate("n3", 7, 10_000, 5_000);

  @Test
  void best_allInStep_theOneThatRunsLongest() {
    assertThat(GroupControl.best(List.of(YOUNG, OLD))).contains(OLD);
  }

  @Test
  void best_theOldestIsBehind_oneInStep() {
    Candidate behind = candidate("n2", 7, 9_499, 1_000);
    assertThat(GroupControl.best(List.of(behind, YOUNG))).contains(YOUNG);
  }

  @Test
  void best_theOldestHasNoEntryOfTheTerm_oneThatHas() {
    Candidate earlier = candidate("n2", 6, 10_000, 1_000);
    assertThat(GroupControl.best(List.of(earlier, YOUNG))).contains(YOUNG);
  }

  /** It was cut off while it led: what it has beyond the others was never agreed on. */
  @Test
  void best_theOldestHasALongerLogOfAnEarlierTerm_oneOfThisTerm() {
    Candidate cutOff = candidate("n2", 6, 12_000, 1_000);
    assertThat(GroupControl.best(List.of(cutOff, YOUNG))).contains(YOUNG);
  }

  @Test
  void best_nobody_none() {
    assertThat(GroupControl.best(List.of())).isEmpty();
  }

  private static Candidate candidate(String id, long term, long index, long startedMillis) {
    return new Candidate(id, new LogPosition(term, index), startedMillis);
  }
}
