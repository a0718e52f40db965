package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.VoteKeeper;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.ports.VotedTransaction.Locked;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.RequestRefusedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is voted outlives a planned change of leader. The fixture is the old leader, or the new. */
final class HandOverOfVotesTest {
  private final ServiceFixture node = new ServiceFixture();
  private final FakeLog log = node.log;
  private final VoteKeeper keeper = log.voteKeeper();

  @AfterEach
  void close() {
    node.close();
  }

  private TransactionRequest voted(long oid, String data) {
    TransactionRequest request = node.writing(write(oid, Tid.NONE, data));
    done(node.vote(request));
    return request;
  }

  private VotedTransaction locking(TransactionRequest request, long oid) {
    return new VotedTransaction(
        request.id(), List.of(new Locked(node.storage, List.of(new Oid(oid)), List.of())));
  }

  /** As if another node had led in term 2 and handed this over. */
  private void inherit(VotedTransaction... voted) {
    log.follow(2);
    keeper.keep(2, List.of(voted));
    log.lead(3);
  }

  // ---- the old leader

  @Test
  void suspend_votedAndFinishing_areNamedWithTheirLocks() {
    TransactionRequest first = voted(1, "a");
    TransactionRequest second = voted(2, "b");
    log.hold();
    var unused = node.transactions().finish(second.id());
    var unusedPlain = node.commit(node.writing(write(3, Tid.NONE, "c")));

    assertThat(keeper.suspend()).containsExactlyInAnyOrder(locking(first, 1), locking(second, 2));
  }

  @Test
  void suspend_finishedAbortedOrItsHolderGone_isNotNamed() {
    TransactionRequest finished = voted(1, "a");
    done(node.transactions().finish(finished.id()));
    node.transactions().abort(voted(2, "b").id());
    SessionHolder holder = new SessionHolder();
    done(node.transactions().vote(node.writing(write(3, Tid.NONE, "c")), PATIENCE, holder));
    node.transactions().left(holder);

    assertThat(keeper.suspend()).isEmpty();
  }

  @Test
  void vote_whileLeadershipIsHandedOver_isAnsweredOnlyWhenThatCameToNothing() {
    TransactionRequest early = node.writing(write(1, Tid.NONE, "a"));
    keeper.suspend();
    CompletableFuture<VoteAnswer> vote = node.vote(early);
    assertThat(vote).isNotDone();
    assertThat(node.commit(2, Tid.NONE, "commits go on")).isNotNull();

    keeper.resume();

    assertThat(done(vote)).isInstanceOf(Voted.class);
    assertThat(done(node.transactions().finish(early.id()))).isInstanceOf(Committed.class);
  }

  @Test
  void vote_whileLeadershipIsHandedOver_failsAsNotLeaderAfterwards() {
    keeper.suspend();
    CompletableFuture<VoteAnswer> vote = node.vote(node.writing(write(1, Tid.NONE, "a")));

    log.changeSilently(new Leadership(2, "n2", "127.0.0.1:7402", false));
    keeper.resume();

    assertThat(failure(vote)).isInstanceOf(NotLeaderException.class);
  }

  // ---- the new leader

  @Test
  void kept_wantedByAnotherToo_isFinishedFirst() {
    TransactionRequest voted = node.writing(write(1, Tid.NONE, "voted"));
    inherit(locking(voted, 1));
    CompletableFuture<TransactionOutcome> other =
        node.commit(node.writing(write(1, Tid.NONE, "other")));
    assertThat(other).isNotDone();
    assertThat(node.commit(2, Tid.NONE, "nobody else waits")).isNotNull();
    assertThat(failure(node.transactions().finish(voted.id())))
        .as("its data is not here")
        .isInstanceOf(RequestRefusedException.class);

    assertThat(done(node.commit(voted))).isInstanceOf(Committed.class);
    assertThat(done(other)).isInstanceOf(Conflict.class);
  }

  @Test
  void kept_votedForAgain_isASessionLikeAny() {
    TransactionRequest voted = node.writing(write(1, Tid.NONE, "voted"));
    inherit(locking(voted, 1));
    CompletableFuture<TransactionOutcome> other =
        node.commit(node.writing(write(1, Tid.NONE, "other")));

    assertThat(((Voted) done(node.vote(voted))).term()).isEqualTo(3);
    node.timer.advance(Tenure.KEPT_MAX);
    assertThat(other).isNotDone();
    assertThat(done(node.transactions().finish(voted.id()))).isInstanceOf(Committed.class);
    assertThat(done(other)).isInstanceOf(Conflict.class);
  }

  @Test
  void kept_aborted_isFreeAtOnce() {
    TransactionRequest voted = node.writing(write(1, Tid.NONE, "voted"));
    inherit(locking(voted, 1));
    node.transactions().abort(voted.id());

    assertThat(node.commit(1, Tid.NONE, "other")).isNotNull();
  }

  @Test
  void kept_nobodyComes_isFreeAfterAMoment() {
    inherit(locking(node.writing(write(1, Tid.NONE, "voted")), 1));
    CompletableFuture<TransactionOutcome> other =
        node.commit(node.writing(write(1, Tid.NONE, "other")));
    node.timer.advance(Tenure.KEPT_MAX.minusMillis(1));
    assertThat(other).isNotDone();
    node.timer.advance(Duration.ofMillis(1));

    assertThat(done(other)).isInstanceOf(Committed.class);
  }

  @Test
  void kept_comesWithOtherObjects_standsInLine() {
    TransactionRequest voted = node.writing(write(1, Tid.NONE, "voted"));
    TransactionRequest first = node.writing(write(2, Tid.NONE, "first"));
    inherit(locking(voted, 9), locking(first, 1));

    assertThat(node.commit(voted)).as("behind the one that has them").isNotDone();
    assertThat(node.commit(9, Tid.NONE, "free")).isNotNull();
  }

  @Test
  void kept_committedByTheOldLeaderMeanwhile_locksNothing() {
    TransactionRequest voted = voted(1, "a");
    List<VotedTransaction> left = keeper.suspend();
    Tid tid = ((Committed) done(node.transactions().finish(voted.id()))).tid();
    inherit(left.toArray(VotedTransaction[]::new));

    assertThat(node.commit(1, tid, "b")).isNotNull();
  }

  @Test
  void kept_anotherNodeWasElected_isForgotten() {
    TransactionRequest voted = node.writing(write(1, Tid.NONE, "voted"));
    log.follow(2);
    keeper.keep(2, List.of(locking(voted, 1)));
    log.follow(3);
    log.lead(4);

    assertThat(node.commit(1, Tid.NONE, "other")).isNotNull();
  }

  @Test
  void kept_electedLongAfterwards_isForgotten() {
    TransactionRequest voted = node.writing(write(1, Tid.NONE, "voted"));
    log.follow(2);
    keeper.keep(2, List.of(locking(voted, 1)));
    node.timer.advance(Tenures.LEGACY_MAX.plusMillis(1));
    log.lead(3);

    assertThat(node.commit(1, Tid.NONE, "other")).isNotNull();
  }
}
