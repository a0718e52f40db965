package io.troika.server.service;

import static io.troika.server.service.ServiceFixture.LIMITS;
import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.VoteAnswer.Refused;
import io.troika.server.service.VoteAnswer.Voted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CommitSequencerTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;
  private final TransactionService transactions = fixture.transactions();

  @AfterEach
  void close() {
    fixture.close();
  }

  private CompletableFuture<TransactionOutcome> commit(TransactionRequest request) {
    return transactions.commit(request, PATIENCE);
  }

  private CompletableFuture<VoteAnswer> vote(TransactionRequest request) {
    return transactions.vote(request, PATIENCE);
  }

  private static Throwable failure(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    Throwable failure = future.handle((value, e) -> e).join();
    return failure instanceof CompletionException
        ? Objects.requireNonNull(failure.getCause())
        : failure;
  }

  // Commit.

  @Test
  void commit_newObject_committedAndVisible() {
    TransactionOutcome outcome = done(commit(fixture.writing(write(1, Tid.NONE, "a"))));

    Tid tid = ((Committed) outcome).tid();
    assertThat(fixture.store.at(fixture.storage, new Oid(1), tid)).isNotNull();
  }

  @Test
  void commit_staleSerial_conflictsWithoutAskingTheLog() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    Tid second = fixture.commit(1, first, "b");
    long before = log.submittedCount();

    TransactionOutcome outcome = done(commit(fixture.writing(write(1, first, "c"))));

    assertThat(outcome)
        .isEqualTo(
            new Conflict(
                List.of(new ObjectConflict(ObjectConflict.Kind.WRITE, new Oid(1), first, second))));
    assertThat(log.submittedCount()).isEqualTo(before);
  }

  /** ratis-notes 2.2: such a serial may be of a transaction that this node has not applied yet. */
  @Test
  void commit_serialNewerThanApplied_isDecidedByTheLog() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    long before = log.submittedCount();

    done(commit(fixture.writing(write(1, first.next(), "b"))));

    assertThat(log.submittedCount()).isEqualTo(before + 1);
  }

  @Test
  void commit_readExpectsNoObjectButThereIsOne_isDecidedByTheLog() {
    fixture.commit(1, Tid.NONE, "a");
    long before = log.submittedCount();
    TransactionRequest request =
        fixture.request(
            List.of(new ReadCheck(new Oid(1), Tid.NONE)), List.of(), List.of(), List.of());

    assertThat(done(commit(request))).isInstanceOf(Conflict.class);
    assertThat(log.submittedCount()).isEqualTo(before + 1);
  }

  @Test
  void commit_sameIdAgain_answersTheRecordedOutcome() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    TransactionOutcome first = done(commit(request));
    long before = log.submittedCount();

    assertThat(done(commit(request))).isEqualTo(first);
    assertThat(log.submittedCount()).isEqualTo(before);
  }

  @Test
  void commit_sameIdInFlight_sharesOneSubmission() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    log.hold();
    CompletableFuture<TransactionOutcome> first = commit(request);
    CompletableFuture<TransactionOutcome> second = commit(request);
    assertThat(log.heldCount()).isEqualTo(1);

    log.release();
    assertThat(done(first)).isInstanceOf(Committed.class).isEqualTo(done(second));
  }

  /** Sent to another leader before, and applied here between the look-up and the check. */
  @Test
  void commit_ownCopyAppliedMeanwhile_answersItsOutcomeNotAConflict() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    TransactionRequest blocker = fixture.writing(write(1, first, "x"));
    assertThat(done(vote(blocker))).isInstanceOf(Voted.class);
    TransactionRequest request = fixture.writing(write(1, first, "b"));
    CompletableFuture<TransactionOutcome> waiting = commit(request);

    Tid tid = ((Committed) log.apply(request.toCommand(log.tidCandidate()))).tid();
    transactions.abort(blocker.id());

    assertThat(done(waiting)).isEqualTo(new Committed(tid));
  }

  @Test
  void commit_lockedObject_waitsForTheHolder() {
    log.hold();
    CompletableFuture<TransactionOutcome> holder = commit(fixture.writing(write(1, Tid.NONE, "a")));
    CompletableFuture<TransactionOutcome> waiting =
        commit(fixture.writing(write(1, Tid.NONE, "b")));
    CompletableFuture<TransactionOutcome> other = commit(fixture.writing(write(2, Tid.NONE, "c")));
    assertThat(log.heldCount()).isEqualTo(2);

    log.release();

    assertThat(done(holder)).isInstanceOf(Committed.class);
    assertThat(done(other)).isInstanceOf(Committed.class);
    assertThat(done(waiting)).isInstanceOf(Conflict.class);
  }

  @Test
  void commit_lockedLongerThanPatience_timesOutNamingTheHolder() {
    TransactionRequest holder = fixture.writing(write(1, Tid.NONE, "a"));
    assertThat(done(vote(holder))).isInstanceOf(Voted.class);
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "b"));
    CompletableFuture<TransactionOutcome> waiting =
        transactions.commit(request, Duration.ofMillis(500));

    fixture.timer.advance(Duration.ofMillis(499));
    assertThat(waiting).isNotDone();
    fixture.timer.advance(Duration.ofMillis(1));

    assertThat(failure(waiting))
        .isInstanceOf(LockTimeoutException.class)
        .hasMessageContaining("oid 0x1")
        .hasMessageContaining(holder.id().toString())
        .hasMessageContaining("500 ms");
  }

  @Test
  void commit_undo_locksTheObjectsOfTheUndoneTransaction() {
    Tid undone = fixture.commit(1, Tid.NONE, "a");
    TransactionRequest holder = fixture.writing(write(1, undone, "b"));
    assertThat(done(vote(holder))).isInstanceOf(Voted.class);

    CompletableFuture<TransactionOutcome> undo =
        commit(fixture.request(List.of(), List.of(), List.of(), List.of(undone)));

    assertThat(undo).isNotDone();
    transactions.abort(holder.id());
    assertThat(done(undo)).isInstanceOf(Committed.class);
  }

  @Test
  void commit_lostAnswer_isUnknownAndFreesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    log.loseAnswers(true);
    assertThat(failure(commit(request))).isInstanceOf(OutcomeUnknownException.class);
    log.loseAnswers(false);

    Committed committed = (Committed) done(commit(request));
    assertThat(done(commit(fixture.writing(write(1, committed.tid(), "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void commit_refusedByTheLog_failsAndFreesTheLocks() {
    log.refuse(new OverloadedException("full"));
    assertThat(failure(commit(fixture.writing(write(1, Tid.NONE, "a")))))
        .isInstanceOf(OverloadedException.class);
    log.refuse(null);
    assertThat(done(commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void commit_notLeader_isRefusedWithTheLeader() {
    log.follow(2);
    Throwable failure = failure(commit(fixture.writing(write(1, Tid.NONE, "a"))));
    assertThat(((NotLeaderException) failure).leadership().leader()).isEqualTo("n2");
  }

  @Test
  void commit_tooManyObjects_isRefusedWithTheNumbers() {
    List<ReadCheck> reads =
        Collections.nCopies(
            LIMITS.transactionObjectsMax() + 1, new ReadCheck(new Oid(1), Tid.NONE));
    RequestRefusedException refused =
        (RequestRefusedException)
            failure(commit(fixture.request(reads, List.of(), List.of(), List.of())));

    assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.TOO_MANY_OBJECTS);
    assertThat(refused.limit()).isEqualTo(1_000);
    assertThat(refused.found()).isEqualTo(1_001);
  }

  @Test
  void commit_tooLarge_isRefusedWithTheNumbers() {
    Write huge = new Write(new Oid(1), Tid.NONE, Bytes.wrap(new byte[FakeLog.COMMAND_BYTES_MAX]));
    RequestRefusedException refused =
        (RequestRefusedException) failure(commit(fixture.writing(huge)));

    assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.TRANSACTION_TOO_LARGE);
    assertThat(refused)
        .hasMessageContaining("1048576 bytes")
        .hasMessageContaining("does not support larger transactions yet");
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

  @Test
  void commit_tooManyWaiters_isOverloaded() {
    assertThat(done(vote(fixture.writing(write(1, Tid.NONE, "a"))))).isInstanceOf(Voted.class);
    for (int i = 0; i < LIMITS.lockWaitersMax(); i++) {
      assertThat(commit(fixture.writing(write(1, Tid.NONE, "b")))).isNotDone();
    }
    assertThat(failure(commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(OverloadedException.class);
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

  private static RestoredTransaction copy(long tid) {
    return new RestoredTransaction(
        new Tid(tid),
        ' ',
        TransactionMetadata.EMPTY,
        List.of(new RestoredRevision(new Oid(1), Bytes.utf8("a"), null)));
  }

  // Two phases.

  @Test
  void finish_voted_commits() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    Voted voted = (Voted) done(vote(request));
    assertThat(voted.lease()).isEqualTo(LIMITS.voteLease());
    assertThat(voted.term()).isEqualTo(1);

    assertThat(done(transactions.finish(request.id()))).isInstanceOf(Committed.class);
    assertThat(fixture.timer.pending()).as("only the heartbeat").isEqualTo(1);
  }

  @Test
  void finish_again_answersTheSame() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    log.hold();
    CompletableFuture<TransactionOutcome> first = transactions.finish(request.id());
    CompletableFuture<TransactionOutcome> second = transactions.finish(request.id());
    log.release();
    assertThat(done(first)).isInstanceOf(Committed.class).isEqualTo(done(second));
    assertThat(done(transactions.finish(request.id()))).isEqualTo(done(first));
  }

  @Test
  void finish_neverVoted_isAnUnknownSession() {
    assertThat(failure(transactions.finish(fixture.newId())))
        .isInstanceOf(RequestRefusedException.class)
        .extracting(e -> ((RequestRefusedException) e).reason())
        .isEqualTo(RequestRefusedException.Reason.UNKNOWN_SESSION);
  }

  @Test
  void vote_leaseRunsOut_freesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    fixture.timer.advance(LIMITS.voteLease());

    assertThat(done(commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
    assertThat(failure(transactions.finish(request.id())))
        .isInstanceOf(RequestRefusedException.class);
  }

  @Test
  void vote_again_answersTheLeaseThatIsLeft() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    fixture.timer.advance(Duration.ofSeconds(10));
    assertThat(((Voted) done(vote(request))).lease()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void abort_voted_freesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    transactions.abort(request.id());
    transactions.abort(request.id());
    assertThat(done(commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void vote_staleSerial_isRefused() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    fixture.commit(1, first, "b");
    assertThat(done(vote(fixture.writing(write(1, first, "c"))))).isInstanceOf(Refused.class);
  }

  /** What only applying decides for a commit must be decided for a vote before it is promised. */
  @Test
  void vote_blockedUndo_isRefused() {
    Tid undone = fixture.commit(1, Tid.NONE, "a");
    fixture.commit(1, undone, "b");
    Refused refused =
        (Refused) done(vote(fixture.request(List.of(), List.of(), List.of(), List.of(undone))));
    assertThat(refused.outcome()).isInstanceOf(UndoConflict.class);
  }

  @Test
  void vote_deleteOfUnknownObject_isRefused() {
    TransactionRequest request =
        fixture.request(List.of(), List.of(), List.of(new Delete(new Oid(9), Tid.NONE)), List.of());
    Refused refused = (Refused) done(vote(request));
    assertThat(((Rejected) refused.outcome()).reason()).isEqualTo(Rejected.Reason.UNKNOWN_OBJECT);
  }

  @Test
  void vote_wouldBeRefusedButLeadershipIsNotProved_isNotNow() {
    fixture.commit(1, Tid.NONE, "a");
    log.failProofs(new NotLeaderException(new Leadership(2, "n2", "", false)));
    assertThat(failure(vote(fixture.writing(write(1, new Tid(Long.MAX_VALUE - 1), "b")))))
        .isInstanceOf(NotLeaderException.class);
  }

  @Test
  void commit_voted_finishesIt() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    assertThat(done(commit(request))).isInstanceOf(Committed.class);
  }

  @Test
  void vote_tooManySessions_isOverloaded() {
    for (int i = 0; i < LIMITS.sessionsMax(); i++) {
      done(vote(fixture.writing(write(i, Tid.NONE, "a"))));
    }
    TransactionRequest request = fixture.writing(write(99, Tid.NONE, "a"));
    assertThat(failure(vote(request))).isInstanceOf(OverloadedException.class);
    fixture.timer.advance(LIMITS.voteLease());
    assertThat(done(vote(request))).isInstanceOf(Voted.class);
  }

  @Test
  void finish_overloaded_staysVotedUnderANewLease() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    fixture.timer.advance(Duration.ofSeconds(20));
    log.refuse(new OverloadedException("full"));
    assertThat(failure(transactions.finish(request.id()))).isInstanceOf(OverloadedException.class);
    log.refuse(null);
    fixture.timer.advance(Duration.ofSeconds(20));

    assertThat(done(transactions.finish(request.id()))).isInstanceOf(Committed.class);
  }

  // Leadership.

  @Test
  void leadershipLost_sessionsAndWaitersAreDropped() {
    TransactionRequest voted = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(voted));
    CompletableFuture<TransactionOutcome> waiting =
        commit(fixture.writing(write(1, Tid.NONE, "b")));

    log.follow(2);

    assertThat(failure(waiting)).isInstanceOf(NotLeaderException.class);
    assertThat(failure(transactions.finish(voted.id()))).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void leadershipRegained_startsClean() {
    TransactionRequest voted = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(voted));
    log.follow(2);
    log.lead(3);

    assertThat(done(commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
    assertThat(failure(transactions.finish(voted.id())))
        .isInstanceOf(RequestRefusedException.class);
  }

  @Test
  void leadershipLost_submittedIsAnsweredByTheLog() {
    log.hold();
    CompletableFuture<TransactionOutcome> submitted =
        commit(fixture.writing(write(1, Tid.NONE, "a")));
    log.follow(2);
    assertThat(submitted).isNotDone();
    log.release();
    assertThat(done(submitted)).isInstanceOf(Committed.class);
  }

  /** An answer of an old term must not free what a new term has locked. */
  @Test
  void oldAnswer_afterANewTerm_leavesItsLocksAlone() {
    log.hold();
    var unused = commit(fixture.writing(write(1, Tid.NONE, "a")));
    log.follow(2);
    log.lead(3);
    TransactionRequest inNewTerm = fixture.writing(write(1, Tid.NONE, "b"));
    done(vote(inNewTerm));

    log.release();

    assertThat(commit(fixture.writing(write(1, Tid.NONE, "c")))).isNotDone();
  }

  @Test
  void commit_leadershipNotAnnouncedYet_isTakenFromTheLog() {
    log.follow(2);
    log.changeSilently(new Leadership(3, "n1", "127.0.0.1:7401", true));
    assertThat(done(commit(fixture.writing(write(1, Tid.NONE, "a")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void close_sessionsAndWaitersAreTold() {
    done(vote(fixture.writing(write(1, Tid.NONE, "a"))));
    CompletableFuture<TransactionOutcome> waiting =
        commit(fixture.writing(write(1, Tid.NONE, "b")));
    fixture.service.close();
    assertThat(failure(waiting)).isInstanceOf(StoppingException.class);
    assertThat(failure(commit(fixture.writing(write(2, Tid.NONE, "c")))))
        .isInstanceOf(StoppingException.class);
  }

  // Outcomes.

  @Test
  void outcome_notSeen_isNullAndAbandonKeepsItFromCommitting() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    assertThat(done(transactions.outcome(request.id(), false))).isNull();
    assertThat(done(transactions.outcome(request.id(), true))).isEqualTo(new Abandoned());
    assertThat(done(commit(request))).isEqualTo(new Abandoned());
  }

  @Test
  void outcome_abandonVoted_freesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(vote(request));
    done(transactions.outcome(request.id(), true));
    assertThat(done(commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void outcome_leadershipNotProved_fails() {
    log.failProofs(new NotLeaderException(new Leadership(2, "n2", "", false)));
    assertThat(failure(transactions.outcome(fixture.newId(), false)))
        .isInstanceOf(NotLeaderException.class);
  }
}
