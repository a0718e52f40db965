package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The part of {@link RevisionStoreContract} that is about outcomes. */
abstract class OutcomeStoreContract extends PackStoreContract {
  @Test
  void outcome_everyKind_comesBackAsWritten() {
    List<TransactionOutcome> kinds = new ArrayList<>();
    kinds.add(new Committed(tid(42)));
    kinds.add(
        new Conflict(
            List.of(
                new ObjectConflict(ObjectConflict.Kind.READ, A, tid(1), tid(2)),
                new ObjectConflict(ObjectConflict.Kind.WRITE, B, Tid.NONE, tid(3)),
                new ObjectConflict(ObjectConflict.Kind.DELETE, Oid.MAX, tid(4), Tid.NONE))));
    kinds.add(new UndoConflict(List.of(new UndoObstacle(A, tid(5), tid(6)))));
    kinds.add(new Abandoned());
    for (Rejected.Reason reason : Rejected.Reason.values()) {
      kinds.add(new Rejected(reason, "because of \u00e4 " + reason));
    }
    List<ExpiringOutcome> outcomes = new ArrayList<>();
    for (int i = 0; i < kinds.size(); i++) {
      outcomes.add(new ExpiringOutcome(id(i), kinds.get(i), 1_000 + i));
    }
    writeOutcomes(outcomes, List.of());

    for (int i = 0; i < kinds.size(); i++) {
      assertThat(store.outcome(id(i))).isEqualTo(kinds.get(i));
    }
    assertThat(store.outcomes(null, 100)).isEqualTo(outcomes);
  }

  @Test
  void outcomes_afterAndLimit_areInUnsignedIdOrder() {
    TransactionId low = new TransactionId(new UUID(1, -1), 9);
    TransactionId high = new TransactionId(new UUID(-1, 1), 0);
    TransactionId higher = new TransactionId(new UUID(-1, 1), 1);
    writeOutcomes(List.of(abandoned(higher, 1), abandoned(low, 3), abandoned(high, 2)), List.of());

    assertThat(store.outcomes(null, 2)).containsExactly(abandoned(low, 3), abandoned(high, 2));
    assertThat(store.outcomes(low, 2)).containsExactly(abandoned(high, 2), abandoned(higher, 1));
    assertThat(store.outcomes(higher, 2)).isEmpty();
  }

  @Test
  void expiredOutcomes_timeIsUpOrNot_areInOrderOfExpiryThenId() {
    writeOutcomes(
        List.of(
            abandoned(id(4), 300),
            abandoned(id(3), 200),
            abandoned(id(1), 200),
            abandoned(id(2), 100)),
        List.of());

    assertThat(store.expiredOutcomes(99, 10)).isEmpty();
    assertThat(store.expiredOutcomes(200, 10))
        .containsExactly(abandoned(id(2), 100), abandoned(id(1), 200), abandoned(id(3), 200));
    assertThat(store.expiredOutcomes(Long.MAX_VALUE, 2))
        .containsExactly(abandoned(id(2), 100), abandoned(id(1), 200));
  }

  @Test
  void forgottenOutcomes_afterWrite_areGoneAndNeverExpireAgain() {
    writeOutcomes(List.of(abandoned(id(1), 100), abandoned(id(2), 100)), List.of());

    writeOutcomes(List.of(abandoned(id(3), 500)), List.of(abandoned(id(1), 100)));

    assertThat(store.outcome(id(1))).isNull();
    assertThat(store.expiredOutcomes(1_000, 10))
        .containsExactly(abandoned(id(2), 100), abandoned(id(3), 500));
    assertThat(store.outcomes(null, 10))
        .containsExactly(abandoned(id(2), 100), abandoned(id(3), 500));
  }

  @Test
  void outcome_rememberedAnew_expiresOnceAndThen() {
    writeOutcomes(List.of(abandoned(id(1), 100), abandoned(id(2), 100)), List.of());
    writeOutcomes(List.of(abandoned(id(3), 100)), List.of());

    writeOutcomes(List.of(abandoned(id(1), 300)), List.of());
    writeOutcomes(List.of(abandoned(id(2), 400)), List.of(abandoned(id(2), 100)));

    assertThat(store.expiredOutcomes(1_000, 10))
        .containsExactly(abandoned(id(3), 100), abandoned(id(1), 300), abandoned(id(2), 400));
    assertThat(store.outcomes(null, 10))
        .containsExactly(abandoned(id(1), 300), abandoned(id(2), 400), abandoned(id(3), 100));
  }

  private void writeOutcomes(List<ExpiringOutcome> outcomes, List<ExpiringOutcome> forgotten) {
    store.write(new ChangeSet(nextGroup(), List.of(), List.of(), List.of(), outcomes, forgotten));
  }

  private static ExpiringOutcome abandoned(TransactionId id, long expiresMillis) {
    return new ExpiringOutcome(id, new Abandoned(), expiresMillis);
  }
}
