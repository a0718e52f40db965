package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.NotLeaderException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Outcomes that are asked for or abandoned, and copies, which have one for all. */
final class TransactionOutcomeTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;
  private final TransactionService transactions = fixture.transactions();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void restore_sameIdAgain_answersTheSame() {
    RestoreTransactions copies =
        new RestoreTransactions(
            fixture.newId(), fixture.storage, List.of(copy(0x1233), copy(0x1234)));
    assertThat(done(transactions.restore(copies, PATIENCE)))
        .isEqualTo(new Committed(new Tid(0x1234)));
    assertThat(done(transactions.restore(copies, PATIENCE)))
        .isEqualTo(new Committed(new Tid(0x1234)));
  }

  @Test
  void outcome_notSeen_isNullAndAbandonKeepsItFromCommitting() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    assertThat(done(transactions.outcome(request.id(), false))).isNull();
    assertThat(done(transactions.outcome(request.id(), true))).isEqualTo(new Abandoned());
    assertThat(done(fixture.commit(request))).isEqualTo(new Abandoned());
  }

  @Test
  void outcome_abandonVoted_freesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(request));
    done(transactions.outcome(request.id(), true));
    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void outcome_leadershipNotProved_fails() {
    log.failProofs(new NotLeaderException(new Leadership(2, "n2", "", false)));
    assertThat(failure(transactions.outcome(fixture.newId(), false)))
        .isInstanceOf(NotLeaderException.class);
  }

  private static RestoredTransaction copy(long tid) {
    return new RestoredTransaction(
        new Tid(tid),
        ' ',
        TransactionMetadata.EMPTY,
        List.of(new RestoredRevision(new Oid(1), Bytes.utf8("a"), null)));
  }
}
