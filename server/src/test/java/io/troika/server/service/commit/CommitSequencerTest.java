package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.ports.FakeLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commits that are in order: checks before the log, one outcome for an id, waiting for locks. */
final class CommitSequencerTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;
  private final TransactionService transactions = fixture.transactions();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void commit_newObject_committedAndVisible() {
    TransactionOutcome outcome = done(fixture.commit(fixture.writing(write(1, Tid.NONE, "a"))));

    Tid tid = ((Committed) outcome).tid();
    assertThat(fixture.store.at(fixture.storage, new Oid(1), tid)).isNotNull();
  }

  @Test
  void commit_staleSerial_conflictsWithoutAskingTheLog() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    Tid second = fixture.commit(1, first, "b");
    long before = log.submittedCount();

    TransactionOutcome outcome = done(fixture.commit(fixture.writing(write(1, first, "c"))));

    assertThat(outcome)
        .isEqualTo(
            new Conflict(
                List.of(new ObjectConflict(ObjectConflict.Kind.WRITE, new Oid(1), first, second))));
    assertThat(log.submittedCount()).isEqualTo(before);
  }

  @Test
  void commit_manyObjectsStaleOnesAmongThem_conflictsInAllOfThoseWithoutAskingTheLog() {
    Tid first = fixture.commit(40, Tid.NONE, "a");
    Tid second = fixture.commit(40, first, "b");
    Tid ninth = fixture.commit(9, Tid.NONE, "c");
    long before = log.submittedCount();
    List<Write> writes = new ArrayList<>();
    for (int oid = 100; oid > 0; oid--) {
      writes.add(write(oid, oid == 40 ? first : Tid.NONE, "d"));
    }

    TransactionOutcome outcome =
        done(fixture.commit(fixture.writing(writes.toArray(Write[]::new))));

    assertThat(outcome)
        .isEqualTo(
            new Conflict(
                List.of(
                    new ObjectConflict(ObjectConflict.Kind.WRITE, new Oid(9), Tid.NONE, ninth),
                    new ObjectConflict(ObjectConflict.Kind.WRITE, new Oid(40), first, second))));
    assertThat(log.submittedCount()).isEqualTo(before);
  }

  /** Such a serial may be of a transaction that this node has not applied yet. */
  @Test
  void commit_serialNewerThanApplied_isDecidedByTheLog() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    long before = log.submittedCount();

    done(fixture.commit(fixture.writing(write(1, first.next(), "b"))));

    assertThat(log.submittedCount()).isEqualTo(before + 1);
  }

  @Test
  void commit_readExpectsNoObjectButThereIsOne_isDecidedByTheLog() {
    fixture.commit(1, Tid.NONE, "a");
    long before = log.submittedCount();
    TransactionRequest request =
        fixture.request(
            List.of(new ReadCheck(new Oid(1), Tid.NONE)), List.of(), List.of(), List.of());

    assertThat(done(fixture.commit(request))).isInstanceOf(Conflict.class);
    assertThat(log.submittedCount()).isEqualTo(before + 1);
  }

  @Test
  void commit_sameIdAgain_answersTheRecordedOutcome() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    TransactionOutcome first = done(fixture.commit(request));
    long before = log.submittedCount();

    assertThat(done(fixture.commit(request))).isEqualTo(first);
    assertThat(log.submittedCount()).isEqualTo(before);
  }

  @Test
  void commit_sameIdInFlight_sharesOneSubmission() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    log.hold();
    CompletableFuture<TransactionOutcome> first = fixture.commit(request);
    CompletableFuture<TransactionOutcome> second = fixture.commit(request);
    assertThat(log.heldCount()).isEqualTo(1);

    log.release();
    assertThat(done(first)).isInstanceOf(Committed.class).isEqualTo(done(second));
  }

  /** Sent to another leader before, and applied here between the look-up and the check. */
  @Test
  void commit_ownCopyAppliedMeanwhile_answersItsOutcomeNotAConflict() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    TransactionRequest blocker = fixture.writing(write(1, first, "x"));
    assertThat(done(fixture.vote(blocker))).isInstanceOf(Voted.class);
    TransactionRequest request = fixture.writing(write(1, first, "b"));
    CompletableFuture<TransactionOutcome> waiting = fixture.commit(request);

    Tid tid = ((Committed) log.apply(request.toCommand(log.tidCandidate()))).tid();
    transactions.abort(blocker.id());

    assertThat(done(waiting)).isEqualTo(new Committed(tid));
  }

  @Test
  void commit_lockedObject_waitsForTheHolder() {
    log.hold();
    CompletableFuture<TransactionOutcome> holder =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "a")));
    CompletableFuture<TransactionOutcome> waiting =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "b")));
    CompletableFuture<TransactionOutcome> other =
        fixture.commit(fixture.writing(write(2, Tid.NONE, "c")));
    assertThat(log.heldCount()).isEqualTo(2);

    log.release();

    assertThat(done(holder)).isInstanceOf(Committed.class);
    assertThat(done(other)).isInstanceOf(Committed.class);
    assertThat(done(waiting)).isInstanceOf(Conflict.class);
  }

  @Test
  void commit_undo_locksTheObjectsOfTheUndoneTransaction() {
    Tid undone = fixture.commit(1, Tid.NONE, "a");
    TransactionRequest holder = fixture.writing(write(1, undone, "b"));
    assertThat(done(fixture.vote(holder))).isInstanceOf(Voted.class);

    CompletableFuture<TransactionOutcome> undo =
        fixture.commit(fixture.request(List.of(), List.of(), List.of(), List.of(undone)));

    assertThat(undo).isNotDone();
    transactions.abort(holder.id());
    assertThat(done(undo)).isInstanceOf(Committed.class);
  }

  @Test
  void commit_largeTransaction_isCheckedOnTheExecutor() {
    List<Runnable> tasks = new ArrayList<>();
    try (ServiceFixture queued = new ServiceFixture(tasks::add)) {
      Write[] writes = new Write[65];
      for (int i = 0; i < writes.length; i++) {
        writes[i] = write(i, Tid.NONE, "x");
      }
      CompletableFuture<TransactionOutcome> commit =
          queued.transactions().commit(queued.writing(writes), PATIENCE);
      assertThat(commit).isNotDone();
      tasks.remove(0).run();
      assertThat(done(commit)).isInstanceOf(Committed.class);
    }
  }
}
