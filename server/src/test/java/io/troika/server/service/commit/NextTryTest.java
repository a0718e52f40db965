package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.VoteAnswer.Refused;
import io.troika.server.service.commit.VoteAnswer.Voted;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Votes that are refused for a conflict, and come again with what was made of it. */
final class NextTryTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private Tid committed = Tid.NONE;

  @BeforeEach
  void commitTwice() {
    committed = fixture.commit(1, fixture.commit(1, Tid.NONE, "a"), "b");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /** A vote for object 1 that started from the first revision. */
  private TransactionRequest late(boolean keepsLocks) {
    return writing(new Tid(1), new NextTry(keepsLocks, null));
  }

  private TransactionRequest again(TransactionRequest before) {
    return writing(committed, new NextTry(true, before.id()));
  }

  private TransactionRequest writing(Tid serial, NextTry nextTry) {
    return fixture.writing(write(1, serial, "mine")).with(nextTry);
  }

  private CompletableFuture<TransactionOutcome> commitOfAnother() {
    return fixture.commit(fixture.writing(write(1, committed, "theirs")));
  }

  private @Nullable Conflict refusal(TransactionRequest request) {
    return done(fixture.vote(request)) instanceof Refused refused
            && refused.outcome() instanceof Conflict conflict
        ? conflict
        : null;
  }

  @Test
  void refused_comesAgain_isNotOvertaken() {
    TransactionRequest first = late(true);
    assertThat(refusal(first)).isNotNull();
    CompletableFuture<TransactionOutcome> other = commitOfAnother();
    assertThat(other).as("of one who came meanwhile").isNotDone();

    TransactionRequest second = again(first);
    assertThat(done(fixture.vote(second))).isInstanceOf(Voted.class);
    assertThat(other).isNotDone();
    assertThat(done(fixture.transactions().finish(second.id()))).isInstanceOf(Committed.class);

    assertThat(done(other)).isInstanceOf(Conflict.class);
    assertThat(fixture.timer.pending()).as("only the heartbeat").isEqualTo(1);
  }

  @Test
  void refused_doesNotAskForIt_locksNothing() {
    assertThat(refusal(late(false))).isNotNull();

    assertThat(done(commitOfAnother())).isInstanceOf(Committed.class);
  }

  @Test
  void refused_nobodyComes_locksForAMoment() {
    assertThat(refusal(late(true))).isNotNull();
    CompletableFuture<TransactionOutcome> other = commitOfAnother();
    fixture.timer.advance(Tenure.RESOLVING_MAX.minusNanos(1));
    assertThat(other).isNotDone();

    fixture.timer.advance(Tenure.RESOLVING_MAX);

    assertThat(done(other)).isInstanceOf(Committed.class);
  }

  @Test
  void refused_abortedByItsClient_locksNothing() {
    TransactionRequest first = late(true);
    assertThat(refusal(first)).isNotNull();
    CompletableFuture<TransactionOutcome> other = commitOfAnother();

    fixture.transactions().abort(first.id());

    assertThat(done(other)).isInstanceOf(Committed.class);
  }

  @Test
  void refused_comesAgainForOtherObjects_getsInLine() {
    TransactionRequest first = late(true);
    assertThat(refusal(first)).isNotNull();
    CompletableFuture<TransactionOutcome> other = commitOfAnother();

    TransactionRequest second =
        fixture
            .writing(write(1, committed, "mine"), write(2, Tid.NONE, "more"))
            .with(new NextTry(true, first.id()));

    assertThat(refusal(second)).isNotNull();
    assertThat(done(other)).isInstanceOf(Committed.class);
  }

  @Test
  void refusedAgain_keepsThemAnew() {
    TransactionRequest first = late(true);
    assertThat(refusal(first)).isNotNull();
    fixture.timer.advance(Tenure.RESOLVING_MAX.dividedBy(2));
    TransactionRequest second = writing(new Tid(2), new NextTry(true, first.id()));
    assertThat(refusal(second)).isNotNull();
    CompletableFuture<TransactionOutcome> other = commitOfAnother();
    fixture.timer.advance(Tenure.RESOLVING_MAX.dividedBy(2).plusNanos(1));
    assertThat(other).as("the first's time is over, the second's not").isNotDone();

    assertThat(done(fixture.vote(again(second)))).isInstanceOf(Voted.class);
  }

  @Test
  void comesAgain_afterItsTime_isAVoteAsAnyOther() {
    TransactionRequest first = late(true);
    assertThat(refusal(first)).isNotNull();
    fixture.timer.advance(Tenure.RESOLVING_MAX);

    assertThat(done(fixture.vote(again(first)))).isInstanceOf(Voted.class);
  }

  @Test
  void insteadOfAnUnknownVote_isAVoteAsAnyOther() {
    TransactionId unknown = fixture.newId();

    assertThat(done(fixture.vote(writing(committed, new NextTry(true, unknown)))))
        .isInstanceOf(Voted.class);
  }
}
