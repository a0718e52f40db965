package io.troika.server.service.waits;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.reads.ReadService.Freshness;
import io.troika.server.service.reads.ReadService.ReadView;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OverloadedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LeaderWaitsTest {
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final ServiceFixture fixture = new ServiceFixture();
  private final FakeLog log = fixture.log;

  @AfterEach
  void close() {
    fixture.close();
  }

  private CompletableFuture<Leadership> find(long newerThan) {
    return fixture.service.findLeader(newerThan, WAIT);
  }

  // Who leads.

  @Test
  void find_knownAndNewer_answersAtOnce() {
    log.follow(3);
    int timers = fixture.timer.pending();

    assertThat(done(find(2)).leader()).isEqualTo("n2");
    assertThat(fixture.timer.pending()).isEqualTo(timers);
  }

  @Test
  void find_notNewer_answersWithTheNextLeader() {
    log.follow(3);
    int timers = fixture.timer.pending();
    CompletableFuture<Leadership> answer = find(3);
    log.loseLeader(4);
    assertThat(answer).isNotDone();

    log.follow(4);

    assertThat(done(answer)).isEqualTo(new Leadership(4, "n2", "127.0.0.1:7402", false));
    assertThat(fixture.timer.pending()).as("time-outs left behind").isEqualTo(timers);
  }

  @Test
  void find_thisNodeElected_answersOnlyWhenItIsReady() {
    log.loseLeader(2);
    CompletableFuture<Leadership> answer = find(1);
    log.elect(2);
    assertThat(answer).isNotDone();

    log.lead(2);

    assertThat(done(answer).self()).isTrue();
  }

  @Test
  void find_nobodyInTime_answersWhatIsKnown() {
    log.loseLeader(2);
    CompletableFuture<Leadership> answer = find(1);

    fixture.timer.advance(WAIT);

    assertThat(done(answer).isKnown()).isFalse();
  }

  @Test
  void find_withoutPatience_answersAtOnce() {
    log.loseLeader(2);

    assertThat(done(fixture.service.findLeader(1, Duration.ZERO)).isKnown()).isFalse();
  }

  /** Nobody is woken by a change that came before the waiter was in the list. */
  @Test
  void find_changesWhileItBeginsToWait_isNotMissed() {
    log.loseLeader(2);
    Leadership next = new Leadership(2, "n2", "127.0.0.1:7402", false);
    ServiceTimer changing =
        new ServiceTimer() {
          @Override
          public long nanoTime() {
            return 0;
          }

          @Override
          public Cancellable schedule(Duration delay, Runnable run) {
            log.changeSilently(next);
            return () -> {};
          }
        };

    CompletableFuture<Leadership> answer =
        new LeaderWaits(log, changing, Runnable::run).find(1, WAIT);

    assertThat(done(answer)).isEqualTo(next);
  }

  @Test
  void find_tooManyWait_isOverload() {
    log.loseLeader(2);
    for (int i = 0; i < LeaderWaits.WAITERS_MAX; i++) {
      assertThat(find(1)).isNotDone();
    }

    assertThat(find(1))
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(OverloadedException.class);
  }

  @Test
  void find_nodeStops_fails() {
    log.loseLeader(2);
    CompletableFuture<Leadership> answer = find(1);

    fixture.service.close();

    assertThat(answer).isCompletedExceptionally();
    assertThat(find(1)).isCompletedExceptionally();
  }

  // Calls to a leader that was elected just now.

  @Test
  void commit_electedNotReady_waitsAndCommits() {
    log.elect(2);
    CompletableFuture<TransactionOutcome> answer =
        fixture.transactions().commit(fixture.writing(write(1, Tid.NONE, "a")), PATIENCE);
    assertThat(answer).isNotDone();

    log.lead(2);

    assertThat(done(answer)).isInstanceOf(Committed.class);
  }

  @Test
  void begin_electedNotReady_waitsAndAnswers() {
    Tid tid = fixture.commit(1, Tid.NONE, "a");
    log.elect(2);
    CompletableFuture<ReadView> answer = begin();
    assertThat(answer).isNotDone();

    log.lead(2);

    assertThat(done(answer).tid()).isEqualTo(tid);
  }

  @Test
  void commit_electedAndDeposed_isRefused() {
    log.elect(2);
    CompletableFuture<TransactionOutcome> answer =
        fixture.transactions().commit(fixture.writing(write(1, Tid.NONE, "a")), PATIENCE);

    log.follow(3);

    assertThat(answer)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(NotLeaderException.class);
  }

  @Test
  void commit_neverReady_isRefusedInTheEnd() {
    log.elect(2);
    CompletableFuture<TransactionOutcome> answer =
        fixture.transactions().commit(fixture.writing(write(1, Tid.NONE, "a")), PATIENCE);

    fixture.timer.advance(LeaderWaits.START_MAX);

    assertThat(answer)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(NotLeaderException.class);
  }

  // Calls to a leader that hands over.

  private CompletableFuture<TransactionOutcome> commit() {
    return fixture.transactions().commit(fixture.writing(write(1, Tid.NONE, "a")), PATIENCE);
  }

  private CompletableFuture<ReadView> begin() {
    return fixture.service.reads().begin("main", Freshness.LINEARIZABLE, Tid.NONE, PATIENCE);
  }

  private static void assertRefusedFor(String leader, CompletableFuture<?> answer) {
    assertThat(answer)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .asInstanceOf(InstanceOfAssertFactories.type(NotLeaderException.class))
        .extracting(refused -> refused.leadership().leader())
        .isEqualTo(leader);
  }

  @Test
  void commit_whileHandingOver_waitsAndIsToldOfTheNextLeader() {
    log.beginHandOver();
    CompletableFuture<TransactionOutcome> before = commit();
    log.loseLeader(2);
    CompletableFuture<TransactionOutcome> between = commit();
    assertThat(before).isNotDone();
    assertThat(between).isNotDone();

    log.follow(2);

    assertRefusedFor("n2", before);
    assertRefusedFor("n2", between);
    assertThat(log.submittedCount()).isZero();
  }

  @Test
  void commit_handOverFails_isCommittedHere() {
    log.beginHandOver();
    CompletableFuture<TransactionOutcome> answer = commit();
    assertThat(answer).isNotDone();

    log.endHandOver();

    assertThat(done(answer)).isInstanceOf(Committed.class);
  }

  /** A waiter that was there before the hand-over began. */
  @Test
  void commit_electedThenHandsOverInVain_isCommittedHere() {
    log.elect(2);
    CompletableFuture<TransactionOutcome> answer = commit();
    log.beginHandOver();
    log.lead(2);
    assertThat(answer).isNotDone();

    log.endHandOver();

    assertThat(done(answer)).isInstanceOf(Committed.class);
  }

  @Test
  void begin_whileHandingOver_isAnswered() {
    Tid tid = fixture.commit(1, Tid.NONE, "a");
    log.beginHandOver();

    assertThat(done(begin()).tid()).isEqualTo(tid);
  }

  @Test
  void begin_leaderLostWhileHandingOver_isToldOfTheNextLeader() {
    log.beginHandOver();
    log.loseLeader(2);
    CompletableFuture<ReadView> answer = begin();
    assertThat(answer).isNotDone();

    log.follow(2);

    assertRefusedFor("n2", answer);
  }

  @Test
  void commit_twoHandOversFail_eachWakesItsOwn() {
    for (int attempt = 0; attempt < 2; attempt++) {
      log.beginHandOver();
      CompletableFuture<TransactionOutcome> answer = commit();
      assertThat(answer).isNotDone();

      log.endHandOver();

      assertThat(answer).isDone();
    }
  }

  /** It had passed before the hand-over began, and the log takes it no more. */
  @Test
  void commit_refusedBecauseOfAHandOver_isToldOfTheNextLeader() {
    log.refuseWhileHandingOver();
    CompletableFuture<TransactionOutcome> answer = commit();
    assertThat(answer).isNotDone();

    log.follow(2);

    assertRefusedFor("n2", answer);
  }

  @Test
  void commit_handOverNeverEnds_isRefusedInTheEnd() {
    log.refuseWhileHandingOver();
    CompletableFuture<TransactionOutcome> answer = commit();

    fixture.timer.advance(LeaderWaits.START_MAX);

    assertRefusedFor("", answer);
  }

  @Test
  void find_whileHandingOver_namesTheNextLeaderAndNotThisNode() {
    log.beginHandOver();
    CompletableFuture<Leadership> answer = find(0);
    assertThat(answer).isNotDone();

    log.follow(2);

    assertThat(done(answer).leader()).isEqualTo("n2");
  }
}
