package io.troika.server.raft.leadership;

import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.FakeRaft;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.FakeTimer;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OverloadedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class TermRoundTest {
  private static final TermRound.Settings SETTINGS =
      new TermRound.Settings(Duration.ofMillis(500), Duration.ofMillis(20), 4);

  private final FakeRaft raft = new FakeRaft("n1", "n1");
  private final FakePeers peers = new FakePeers();
  private final FakeTimer timer = new FakeTimer();
  private final TermRound rounds = new TermRound(raft, peers, timer, SETTINGS);

  @Test
  void prove_majorityWithItselfAnswersOwnTerm_completesWithIt() {
    CompletableFuture<Long> proof = rounds.prove();
    assertThat(peers.states).hasSize(2);
    assertThat(proof).isNotDone();
    answer("n2", 5);
    assertThat(proof).isCompletedWithValue(5L);
    assertThat(timer.scheduled()).as("no timer on the undisturbed way").isZero();
  }

  @Test
  void prove_voterBehindInAnOlderTerm_counts() {
    CompletableFuture<Long> proof = rounds.prove();
    answer("n3", 3);
    assertThat(proof).isCompletedWithValue(5L);
  }

  @Test
  void prove_oneOfFiveConfirms_isNotEnough() {
    raft.voters = Voters.of("n1", "n2", "n3", "n4", "n5");
    CompletableFuture<Long> proof = rounds.prove();
    answer("n2", 5);
    assertThat(proof).isNotDone();
    answer("n4", 5);
    assertThat(proof).isCompletedWithValue(5L);
  }

  @Test
  void prove_singleVoter_needsNobody() {
    raft.voters = Voters.of("n1");
    assertThat(rounds.prove()).isCompletedWithValue(5L);
    assertThat(rounds.prove()).isCompletedWithValue(5L);
    assertThat(peers.states).isEmpty();
  }

  @Test
  void prove_jointConfiguration_needsAMajorityOfBothHalves() {
    raft.voters = new Voters(List.of("n1", "n4", "n5"), List.of("n1", "n2", "n3"));
    CompletableFuture<Long> proof = rounds.prove();
    assertThat(peers.states).hasSize(4);
    answer("n4", 5);
    answer("n5", 5);
    assertThat(proof).isNotDone();
    answer("n3", 5);
    assertThat(proof).isCompletedWithValue(5L);
  }

  @Test
  void prove_leaderLeavesTheGroup_isNoPartOfTheMajority() {
    raft.voters = Voters.of("n2", "n3", "n4");
    CompletableFuture<Long> proof = rounds.prove();
    answer("n2", 5);
    assertThat(proof).isNotDone();
    answer("n3", 5);
    assertThat(proof).isCompletedWithValue(5L);
  }

  @Test
  void prove_higherTermSeen_failsAtOnceWithIt() {
    CompletableFuture<Long> proof = rounds.prove();
    answer("n2", 6);
    assertThat(proof)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .extracting(Throwable::getCause, type(NotLeaderException.class))
        .extracting(failure -> failure.leadership().term())
        .isEqualTo(6L);
  }

  @Test
  void prove_notLeader_failsWithTheLeaderAndAsksNobody() {
    raft.leader = "n2";
    CompletableFuture<Long> proof = rounds.prove();
    assertThat(failure(proof)).isInstanceOf(NotLeaderException.class).hasMessageContaining("n2");
    assertThat(peers.states).isEmpty();
  }

  @Test
  void prove_leaderNotReady_failsWithoutNamingItself() {
    raft.ready = false;
    NotLeaderException failure = (NotLeaderException) failure(rounds.prove());
    assertThat(failure.leadership().self()).isFalse();
    assertThat(peers.states).isEmpty();
  }

  @Test
  void prove_deposedBeforeTheMajorityAnswers_fails() {
    CompletableFuture<Long> proof = rounds.prove();
    raft.term = 6;
    raft.leader = "n3";
    answer("n2", 5);
    assertThat(failure(proof)).isInstanceOf(NotLeaderException.class).hasMessageContaining("n3");
  }

  @Test
  void prove_deposedAndElectedAgain_doesNotCountForTheOldTerm() {
    CompletableFuture<Long> proof = rounds.prove();
    raft.term = 7;
    answer("n2", 5);
    assertThat(failure(proof)).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void prove_whileARoundAsks_waitsForYoungerAnswers() {
    CompletableFuture<Long> first = rounds.prove();
    CompletableFuture<Long> second = rounds.prove();
    CompletableFuture<Long> third = rounds.prove();
    assertThat(peers.states).as("one round asks").hasSize(2);

    answer("n2", 5);
    assertThat(first).isDone();
    assertThat(second).as("its answers would be older than its question").isNotDone();
    answer("n3", 5);
    assertThat(second).as("the answer to the first round's question").isNotDone();

    assertThat(peers.states).as("the second and third share a round").hasSize(2);
    answer("n3", 5);
    assertThat(second).isCompletedWithValue(5L);
    assertThat(third).isCompletedWithValue(5L);
    assertThat(rounds.prove()).isNotDone();
  }

  @Test
  void prove_othersAreFarAway_doesNotWaitForTheWholeRoundBefore() {
    CompletableFuture<Long> first = rounds.prove();
    CompletableFuture<Long> second = rounds.prove();
    timer.advance(RoundPace.OVERLAP_AFTER.minusNanos(1));
    assertThat(peers.states).hasSize(2);
    timer.advance(Duration.ofNanos(1));
    CompletableFuture<Long> third = rounds.prove();
    assertThat(peers.states).as("two rounds ask").hasSize(4);

    answer("n2", 5);
    assertThat(first).isCompletedWithValue(5L);
    assertThat(second).as("its answers are others").isNotDone();
    assertThat(peers.states).as("the third asks in its place").hasSize(5);
    answer("n2", 5);
    assertThat(second).isCompletedWithValue(5L);
    assertThat(third).isNotDone();
    answer("n2", 5);
    assertThat(third).isCompletedWithValue(5L);
    assertThat(rounds.prove()).as("no more round asks, so this one does").isNotDone();
    assertThat(peers.states).hasSize(5);
  }

  @Test
  void prove_overlappingRounds_areBounded_andApartByAPartOfARound() {
    TermRound many =
        new TermRound(
            raft,
            peers,
            timer,
            new TermRound.Settings(Duration.ofSeconds(2), Duration.ofMillis(20), 1_000));
    CompletableFuture<Long> first = many.prove();
    timer.advance(Duration.ofMillis(400));
    answer("n2", 5);
    assertThat(first).isCompletedWithValue(5L);
    peers.states.clear();

    for (int millis = 0; millis < 500; millis++) {
      var unused = many.prove();
      if (millis < 400) {
        assertThat(peers.states).hasSize(2 * (1 + millis / 50));
      }
      timer.advance(Duration.ofMillis(1));
    }
    assertThat(peers.states).hasSize(2 * RoundPace.OVERLAPPING_MAX);
  }

  @Test
  void prove_higherTermInOneRound_doesNotStopTheNextFromAsking() {
    CompletableFuture<Long> first = rounds.prove();
    CompletableFuture<Long> second = rounds.prove();
    answer("n2", 6);
    assertThat(first).isCompletedExceptionally();
    answer("n3", 5); // to the first round's question: nothing to be learned from it any more
    assertThat(second).isNotDone();
    raft.term = 6;
    answer("n3", 5);
    assertThat(failure(second)).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void prove_commitIndexNotApplied_waitsForIt() {
    raft.committedIndex = 12;
    CompletableFuture<Long> proof = rounds.prove();
    raft.committedIndex = 15;
    answer("n2", 5);
    assertThat(proof).isNotDone();
    raft.apply(11);
    assertThat(proof).isNotDone();
    raft.apply(12);
    assertThat(proof).isCompletedWithValue(5L);
    assertThat(timer.scheduled()).as("the deadline is cancelled").isZero();
  }

  @Test
  void prove_whileAnotherWaitsForApply_asksAlready() {
    raft.committedIndex = 12;
    CompletableFuture<Long> first = rounds.prove();
    answer("n2", 5);
    CompletableFuture<Long> second = rounds.prove();
    answer("n2", 5);
    assertThat(first).isNotDone();
    assertThat(second).isNotDone();
    raft.apply(12);
    assertThat(first).isCompletedWithValue(5L);
    assertThat(second).isCompletedWithValue(5L);
  }

  @Test
  void prove_neverApplied_failsAsLaggingAtTheDeadline() {
    raft.committedIndex = 12;
    CompletableFuture<Long> proof = rounds.prove();
    timer.advance(Duration.ofMillis(100));
    answer("n2", 5);
    timer.advance(Duration.ofMillis(399));
    assertThat(proof).isNotDone();
    timer.advance(Duration.ofMillis(1));
    assertThat(failure(proof)).isInstanceOf(LaggingException.class).hasMessageContaining("12");
  }

  @Test
  void prove_divisionStopsWhileApplying_fails() {
    raft.committedIndex = 12;
    CompletableFuture<Long> proof = rounds.prove();
    answer("n2", 5);
    raft.stop();
    assertThat(failure(proof)).hasMessage("stopped");
  }

  @Test
  void prove_divisionRefusesQuestions_failsAndTheNextRoundGoesOn() {
    CompletableFuture<Long> first = rounds.prove();
    CompletableFuture<Long> second = rounds.prove();
    raft.closed = true;
    answer("n2", 5);
    assertThat(failure(first)).hasMessage("closed");
    assertThat(failure(second)).hasMessage("closed");
    raft.closed = false;
    assertThat(rounds.prove()).isNotDone();
  }

  @Test
  void prove_voterGivesNoAnswer_isAskedAgainUntilTheDeadline() {
    CompletableFuture<Long> proof = rounds.prove();
    for (int elapsed = 0; elapsed < 480; elapsed += 20) {
      noAnswer("n2");
      timer.advance(Duration.ofMillis(20));
    }
    noAnswer("n2");
    assertThat(proof).as("n3 may still answer").isNotDone();
    assertThat(peers.states).hasSize(1);
    noAnswer("n3");
    assertThat(failure(proof)).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void prove_voterAnswersTheSecondAsking_counts() {
    CompletableFuture<Long> proof = rounds.prove();
    noAnswer("n2");
    timer.advance(Duration.ofMillis(20));
    answer("n2", 5);
    assertThat(proof).isCompletedWithValue(5L);
  }

  /** Its directory was emptied: it may have helped to elect a newer leader and not know it. */
  @Test
  void prove_answerOfOneWhoMayNotVote_doesNotCount() {
    CompletableFuture<Long> proof = rounds.prove();

    LogPosition none = LogPosition.NONE;
    take(peers.states, "n2").complete(new PeerState(0, none, -1, none, "", false));

    assertThat(proof).isNotDone();
    answer("n3", 5);
    assertThat(proof).isCompletedWithValue(5L);
  }

  @Test
  void prove_askedAgainAfterTheRoundWasDecided_asksNobody() {
    CompletableFuture<Long> proof = rounds.prove();
    noAnswer("n2");
    answer("n3", 5);
    assertThat(proof).isDone();
    timer.advance(Duration.ofMillis(20));
    assertThat(peers.states).isEmpty();
  }

  @Test
  void prove_tooManyWait_refusesTheNext() {
    List<CompletableFuture<Long>> proofs =
        List.of(rounds.prove(), rounds.prove(), rounds.prove(), rounds.prove());
    assertThat(failure(rounds.prove())).isInstanceOf(OverloadedException.class);
    answer("n2", 5);
    assertThat(proofs.get(0)).isDone();
    assertThat(rounds.prove()).isNotDone();
  }

  @Test
  void prove_callbackAsksAgain_getsItsOwnRound() {
    CompletableFuture<Long> nested = rounds.prove().thenCompose(term -> rounds.prove());
    answer("n2", 5);
    assertThat(nested).isNotDone();
    answer("n2", 5);
    assertThat(nested).isCompletedWithValue(5L);
  }

  private void answer(String voter, long term) {
    LogPosition entry = new LogPosition(term, 10);
    take(peers.states, voter).complete(new PeerState(term, entry, 10, entry, "n1", true));
  }

  private void noAnswer(String voter) {
    take(peers.states, voter).completeExceptionally(new IOException("not connected"));
  }

  private static Throwable failure(CompletableFuture<Long> proof) {
    assertThat(proof).isCompletedExceptionally();
    return proof.handle((term, failure) -> failure).join();
  }
}
