package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.LIMITS;
import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.VoteAnswer.Refused;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.waits.LeaderWaits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two phases: vote, finish, abort, and the lease in between. */
final class CommitSessionTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;
  private final TransactionService transactions = fixture.transactions();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void finish_voted_commits() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    Voted voted = (Voted) done(fixture.vote(request));
    assertThat(voted.lease()).isEqualTo(LIMITS.voteLease());
    assertThat(voted.term()).isEqualTo(1);

    assertThat(done(transactions.finish(request.id()))).isInstanceOf(Committed.class);
    assertThat(fixture.timer.pending()).as("only the heartbeat").isEqualTo(1);
  }

  @Test
  void finish_again_answersTheSame() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(request));
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
    done(fixture.vote(request));
    fixture.timer.advance(LIMITS.voteLease());

    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
    assertThat(failure(transactions.finish(request.id())))
        .isInstanceOf(RequestRefusedException.class);
  }

  @Test
  void holderGone_aMomentLater_freesTheLocks() {
    SessionHolder node = new SessionHolder();
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(transactions.vote(request, PATIENCE, node));
    CompletableFuture<TransactionOutcome> other =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "b")));

    transactions.left(node);
    assertThat(other).as("it may come back").isNotDone();
    fixture.timer.advance(Tenure.RETURN_WAIT);

    assertThat(done(other)).isInstanceOf(Committed.class);
    assertThat(failure(transactions.finish(request.id())))
        .isInstanceOf(RequestRefusedException.class);
  }

  @Test
  void holderGone_votedOverAnotherConnectionMeanwhile_staysVoted() {
    SessionHolder before = new SessionHolder();
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(transactions.vote(request, PATIENCE, before));
    transactions.left(before);
    done(transactions.vote(request, PATIENCE, new SessionHolder()));
    fixture.timer.advance(Tenure.RETURN_WAIT);

    assertThat(done(transactions.finish(request.id()))).isInstanceOf(Committed.class);
  }

  @Test
  void holderGone_beforeItsVoteHasTheLocks_doesNotGetThem() {
    TransactionRequest first = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(first));
    SessionHolder node = new SessionHolder();
    transactions.left(node);
    CompletableFuture<VoteAnswer> late =
        transactions.vote(fixture.writing(write(1, Tid.NONE, "b")), PATIENCE, node);
    fixture.timer.advance(Tenure.RETURN_WAIT);
    assertThat(failure(late)).isInstanceOf(RequestRefusedException.class);

    transactions.abort(first.id());
    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "c")))))
        .isInstanceOf(Committed.class);
  }

  /** Cancelling does nothing to a task that has begun: it ends its own session only. */
  @Test
  void leaseEnd_begunBeforeItsSessionEnded_leavesTheNextOneOfTheIdAlone() {
    List<Runnable> begun = new ArrayList<>();
    ServiceTimer late =
        new ServiceTimer() {
          @Override
          public long nanoTime() {
            return 0;
          }

          @Override
          public Cancellable schedule(Duration delay, Runnable task) {
            begun.add(task);
            return () -> {};
          }
        };
    CommitSequencer sequencer =
        new CommitSequencer(
            log,
            new LeaderWaits(log, late, Runnable::run),
            fixture.store,
            LIMITS,
            late,
            Runnable::run);
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(sequencer.vote(request, PATIENCE, SessionHolder.PRESENT));
    sequencer.abort(request.id());
    done(sequencer.vote(request, PATIENCE, SessionHolder.PRESENT));

    begun.get(0).run();

    assertThat(done(sequencer.finish(request.id()))).isInstanceOf(Committed.class);
  }

  @Test
  void vote_again_answersTheLeaseThatIsLeft() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(request));
    fixture.timer.advance(Duration.ofSeconds(10));
    assertThat(((Voted) done(fixture.vote(request))).lease()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void abort_voted_freesTheLocks() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(request));
    transactions.abort(request.id());
    transactions.abort(request.id());
    assertThat(done(fixture.commit(fixture.writing(write(1, Tid.NONE, "b")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void vote_staleSerial_isRefused() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    fixture.commit(1, first, "b");
    assertThat(done(fixture.vote(fixture.writing(write(1, first, "c")))))
        .isInstanceOf(Refused.class);
  }

  /** What only applying decides for a commit must be decided for a vote before it is promised. */
  @Test
  void vote_blockedUndo_isRefused() {
    Tid undone = fixture.commit(1, Tid.NONE, "a");
    fixture.commit(1, undone, "b");
    Refused refused =
        (Refused)
            done(fixture.vote(fixture.request(List.of(), List.of(), List.of(), List.of(undone))));
    assertThat(refused.outcome()).isInstanceOf(UndoConflict.class);
  }

  @Test
  void vote_deleteOfUnknownObject_isRefused() {
    TransactionRequest request =
        fixture.request(List.of(), List.of(), List.of(new Delete(new Oid(9), Tid.NONE)), List.of());
    Refused refused = (Refused) done(fixture.vote(request));
    assertThat(((Rejected) refused.outcome()).reason()).isEqualTo(Rejected.Reason.UNKNOWN_OBJECT);
  }

  @Test
  void commit_voted_finishesIt() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(request));
    assertThat(done(fixture.commit(request))).isInstanceOf(Committed.class);
  }

  @Test
  void vote_tooManySessions_isOverloaded() {
    for (int i = 0; i < LIMITS.sessionsMax(); i++) {
      done(fixture.vote(fixture.writing(write(i, Tid.NONE, "a"))));
    }
    TransactionRequest request = fixture.writing(write(99, Tid.NONE, "a"));
    assertThat(failure(fixture.vote(request))).isInstanceOf(OverloadedException.class);
    fixture.timer.advance(LIMITS.voteLease());
    assertThat(done(fixture.vote(request))).isInstanceOf(Voted.class);
  }

  @Test
  void finish_overloaded_staysVotedUnderANewLease() {
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "a"));
    done(fixture.vote(request));
    fixture.timer.advance(Duration.ofSeconds(20));
    log.refuse(new OverloadedException("full"));
    assertThat(failure(transactions.finish(request.id()))).isInstanceOf(OverloadedException.class);
    log.refuse(null);
    fixture.timer.advance(Duration.ofSeconds(20));

    assertThat(done(transactions.finish(request.id()))).isInstanceOf(Committed.class);
  }
}
