package io.troika.server.service.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Tid;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many clients fight for few objects while the log loses answers and terms change. What must hold
 * whatever happens:
 *
 * <ul>
 *   <li>no two transactions hold one object, but to read it ({@link LockWitness});
 *   <li>no lock and no lease outlives its term, and nothing is left when all is over;
 *   <li>every call is answered; all answers for one id are the same outcome;
 *   <li>what is acknowledged is in the log, and later than what was acknowledged before it began.
 * </ul>
 */
@Timeout(900)
final class CommitSequencerStressTest {
  private static final int CLIENTS = 8;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void storms_manyClients_everyPromiseIsKept(long seed) throws Exception {
    Set<String> awaited =
        Set.of(
            "Committed",
            "Conflict",
            "OutcomeUnknownException",
            "NotLeaderException",
            "OverloadedException",
            "LockTimeoutException",
            "RequestRefusedException");
    try (SequencerStress stress =
        new SequencerStress(StormyLog.Weather.STORMY, seed, awaited, 10)) {
      stress.run(CLIENTS, 1_000, seed);
      assertKept(stress);
    }
  }

  /** With one leader and no lost answers a voted transaction can always be finished. */
  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void calm_manyClients_whatIsVotedIsNeverRefused(long seed) throws Exception {
    Set<String> awaited = Set.of("Committed", "Conflict", "LockTimeoutException");
    try (SequencerStress stress = new SequencerStress(StormyLog.Weather.CALM, seed, awaited, 1)) {
      stress.run(CLIENTS, 1_000, seed);
      assertKept(stress);
      assertThat(stress.tenureCount()).isEqualTo(1);
      assertThat(stress.counts())
          .doesNotContainKeys("OutcomeUnknownException", "NotLeaderException");
    }
  }

  private static void assertKept(SequencerStress stress) throws InterruptedException {
    List<Tid> tids = stress.settle();
    assertThat(stress.violations()).as("violations of %s", stress.counts()).isEmpty();
    assertThat(tids).isSorted().doesNotHaveDuplicates();
    assertThat(stress.unanswered()).as("calls without an answer").isZero();
  }
}
