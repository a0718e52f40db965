package io.troika.server.raft.leadership;

import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.FakeRaft;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.FakeTimer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rule of fast detection; this node is n2, the leader is n1, its term 5. */
class CrashDetectorTest {
  private static final CrashDetector.Settings SETTINGS =
      new CrashDetector.Settings(
          Duration.ofMillis(1_000),
          Duration.ofMillis(200),
          Duration.ofMillis(10),
          Duration.ofMillis(250));
  private static final Duration PAUSE = SETTINGS.retryPause();
  private static final Duration JUST_BEFORE_STAGGER = Duration.ofMillis(249);
  private static final Duration A_MOMENT = Duration.ofMillis(1);

  private final FakeRaft raft = new FakeRaft("n2", "n1");
  private final FakePeers peers = new FakePeers();
  private final FakeTimer timer = new FakeTimer();
  private final CrashDetector detector = new CrashDetector(raft, peers, timer, SETTINGS);

  @Test
  void connectionLost_refusedAndWitnessAgrees_startsElectionAtOnce() {
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(5, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(5L);
    assertNothingGoesOn();
  }

  /** With nodes 150 ms from each other, and time-outs for that. */
  @Test
  void settings_leaveAWitnessThatIsFarItsOwnLook_andTheOthersTheirTurn() {
    CrashDetector.Settings far = CrashDetector.Settings.of(Duration.ofMillis(1_500));

    Duration roundTrip = Duration.ofMillis(150);
    assertThat(far.answerTimeout()).isGreaterThan(roundTrip.multipliedBy(4));
    assertThat(far.deadline()).isGreaterThan(far.answerTimeout().plus(roundTrip));
    assertThat(far.stagger()).as("pre-vote and vote").isGreaterThan(roundTrip.multipliedBy(4));
    assertThat(far.stagger()).isLessThan(Duration.ofMillis(1_500));
  }

  @Test
  void connectionLost_notTheLeader_doesNothing() {
    detector.connectionLost("n3");
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_noLeaderKnown_doesNothing() {
    raft.leader = "";
    detector.connectionLost("n1");
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_thisNodeDoesNotVote_doesNothing() {
    raft.learner = true;
    detector.connectionLost("n1");
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_leaderAnswers_isAlive() {
    detector.connectionLost("n1");
    accepted();
    take(peers.states, "n1").complete(state(5, 5, 12));
    assertThat(raft.electionsStarted).isEmpty();
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_socketOutlivesTheConnections_looksAgainUntilRefused() {
    detector.connectionLost("n1");
    for (int look = 0; look < 5; look++) {
      accepted();
      take(peers.states, "n1").completeExceptionally(new IOException("reset"));
      assertThat(peers.probes).as("a pause between two looks").isEmpty();
      timer.advance(PAUSE);
    }
    refused();
    witness("n3", true, state(5, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  @Test
  void connectionLost_probeFails_isNotDeath() {
    detector.connectionLost("n1");
    take(peers.probes, "n1").completeExceptionally(new IOException("unknown host"));
    assertThat(peers.findings).isEmpty();
    assertThat(peers.states).extracting(FakePeers.Question::peer).containsExactly("n1");
  }

  @Test
  void connectionLost_leaderHangs_isLeftToTheTimeout() {
    detector.connectionLost("n1");
    int looks = 0;
    while (!peers.probes.isEmpty()) {
      accepted();
      timer.advance(SETTINGS.answerTimeout());
      take(peers.states, "n1").completeExceptionally(new IOException("timed out"));
      timer.advance(PAUSE);
      looks++;
    }
    assertThat(looks).isBetween(4, 6);
    assertThat(raft.electionsStarted).isEmpty();
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_witnessStillReachesTheLeader_asksAgain() {
    detector.connectionLost("n1");
    refused();
    witness("n3", false, state(5, 5, 12));
    assertThat(raft.electionsStarted).isEmpty();
    timer.advance(PAUSE);
    witness("n3", true, state(5, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  @Test
  void connectionLost_noMajorityAgrees_givesUpAtTheDeadline() {
    detector.connectionLost("n1");
    refused();
    int askings = 0;
    while (!peers.findings.isEmpty()) {
      witness("n3", false, state(5, 5, 12));
      timer.advance(PAUSE);
      askings++;
    }
    assertThat(askings).isBetween(50, 100);
    assertThat(raft.electionsStarted).isEmpty();
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_onlyWitnessIsDeadToo_startsNothing() {
    detector.connectionLost("n1");
    refused();
    take(peers.findings, "n3").completeExceptionally(new IOException("not connected"));
    take(peers.states, "n3").completeExceptionally(new IOException("not connected"));
    assertThat(raft.electionsStarted).isEmpty();
  }

  @Test
  void connectionLost_fiveVoters_oneWitnessIsNotEnoughTwoAre() {
    raft.voters = Voters.of("n1", "n2", "n3", "n4", "n5");
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(5, 5, 12));
    witness("n4", false, state(5, 5, 12));
    witness("n5", false, state(5, 5, 12));
    assertThat(raft.electionsStarted).isEmpty();
    timer.advance(PAUSE);
    witness("n3", true, state(5, 5, 12));
    witness("n4", true, state(5, 5, 12));
    witness("n5", false, state(5, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  @Test
  void connectionLost_jointConfiguration_needsBothHalves() {
    raft.voters = new Voters(List.of("n2", "n4", "n5"), List.of("n1", "n2", "n3"));
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(5, 5, 12));
    witness("n4", false, state(5, 5, 12));
    witness("n5", false, state(5, 5, 12));
    assertThat(raft.electionsStarted).as("n2 alone of the incoming half").isEmpty();
    timer.advance(PAUSE);
    witness("n3", true, state(5, 5, 12));
    witness("n4", true, state(5, 5, 12));
    witness("n5", false, state(5, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  /** This node has entries up to (5, 1012), applied up to 1010, and runs since 1000. */
  @ParameterizedTest
  @CsvSource({
    "n3, 5, 1013,    9, 2000, true,  false", // a longer log goes first
    "n0, 5, 1011, 1011,  500, true,  true",
    "n0, 4, 1099, 1011,  500, true,  true", // a newer term counts more, as in a vote
    "n0, 5, 1012,  511,  500, true,  true", // of equals one that does not replay its log
    "n3, 5, 1012,  512,  999, true,  false", // then the one that runs longer
    "n0, 5, 1012, 1012, 1001, true,  true",
    "n0, 5, 1012, 1000, 1000, true,  false", // then the smaller id
    "n3, 5, 1013, 1011,  500, false, true", // who may not vote is no rival
  })
  void connectionLost_rival_bestGoesFirst(
      String rival,
      long term,
      long index,
      long applied,
      long started,
      boolean voter,
      boolean startsAtOnce) {
    raft.voters = Voters.of("n1", "n2", rival);
    raft.lastEntry = new LogPosition(5, 1_012);
    raft.apply(1_010);
    detector.connectionLost("n1");
    refused();
    LogPosition last = new LogPosition(term, index);
    LogPosition appliedPosition = new LogPosition(term, applied);
    witness(
        rival,
        true,
        new PeerState(5, last, 10, appliedPosition, "n1", voter, -1, -1, started, false, 0));
    assertThat(raft.electionsStarted).hasSize(startsAtOnce ? 1 : 0);
  }

  @Test
  void connectionLost_rivalGoesFirstAndFails_startsAfterOneStagger() {
    suspectWithNewerRival();
    timer.advance(JUST_BEFORE_STAGGER);
    assertThat(raft.electionsStarted).isEmpty();
    timer.advance(A_MOMENT);
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  @Test
  void connectionLost_twoRivalsGoFirst_waitsTwoStaggers() {
    raft.voters = Voters.of("n1", "n2", "n3", "n4");
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(5, 5, 13));
    witness("n4", true, state(5, 5, 14));
    timer.advance(Duration.ofMillis(499));
    assertThat(raft.electionsStarted).isEmpty();
    timer.advance(A_MOMENT);
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  @Test
  void connectionLost_termRisesDuringTheStagger_startsNothing() {
    suspectWithNewerRival();
    raft.term = 6;
    timer.advance(SETTINGS.stagger());
    assertThat(raft.electionsStarted).isEmpty();
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_becomesCandidateDuringTheStagger_startsNothing() {
    suspectWithNewerRival();
    raft.leader = "n2";
    timer.advance(SETTINGS.stagger());
    assertThat(raft.electionsStarted).isEmpty();
  }

  @Test
  void connectionLost_leaderChangesWhileLooking_startsNothing() {
    detector.connectionLost("n1");
    raft.term = 6;
    raft.leader = "n3";
    refused();
    assertThat(raft.electionsStarted).isEmpty();
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_witnessKnowsANewerTerm_startsNothing() {
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(6, 5, 12));
    assertThat(raft.electionsStarted).isEmpty();
    assertNothingGoesOn();
  }

  @Test
  void connectionLost_reportedTwice_isPursuedOnce() {
    detector.connectionLost("n1");
    detector.connectionLost("n1");
    assertThat(peers.probes).hasSize(1);
  }

  @Test
  void connectionLost_again_afterAFalseAlarm_isPursuedAgain() {
    detector.connectionLost("n1");
    accepted();
    take(peers.states, "n1").complete(state(5, 5, 12));
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(5, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(5L);
  }

  @Test
  void connectionLost_newLeaderDiesWhileTheOldSuspicionWaits_replacesIt() {
    suspectWithNewerRival();
    raft.term = 6;
    raft.leader = "n3";
    raft.lastEntry = new LogPosition(6, 14);
    detector.connectionLost("n3");
    take(peers.probes, "n3").complete(true);
    raft.voters = Voters.of("n1", "n2", "n3", "n4", "n5");
    take(peers.findings, "n1").complete(true);
    take(peers.states, "n1").complete(state(6, 5, 12));
    assertThat(raft.electionsStarted).containsExactly(6L);
    timer.advance(SETTINGS.stagger());
    assertThat(raft.electionsStarted).containsExactly(6L);
  }

  private void suspectWithNewerRival() {
    detector.connectionLost("n1");
    refused();
    witness("n3", true, state(5, 5, 13));
    assertThat(raft.electionsStarted).isEmpty();
  }

  private void refused() {
    take(peers.probes, "n1").complete(true);
  }

  private void accepted() {
    take(peers.probes, "n1").complete(false);
  }

  private void witness(String witness, boolean findsDead, PeerState state) {
    take(peers.findings, witness).complete(findsDead);
    take(peers.states, witness).complete(state);
  }

  private static PeerState state(long term, long lastTerm, long lastIndex) {
    LogPosition last = new LogPosition(lastTerm, lastIndex);
    return new PeerState(
        term,
        last,
        10,
        new LogPosition(5, 10),
        "n1",
        true,
        -1,
        -1,
        FakeRaft.STARTED_MILLIS,
        false,
        0);
  }

  private void assertNothingGoesOn() {
    assertThat(peers.probes).isEmpty();
    assertThat(peers.findings).isEmpty();
    assertThat(peers.states).isEmpty();
    timer.advance(Duration.ofSeconds(10));
    assertThat(peers.probes).isEmpty();
  }
}
