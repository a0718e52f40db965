package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.Arrival.Finding;
import io.troika.server.raft.Arrival.Lost;
import io.troika.server.raft.PeerTransport.PeerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a node with an empty directory makes of the others' answers, and what it does then. */
class ArrivalTest {
  private static final Duration SETTLING = Duration.ofSeconds(2);
  private static final List<String> TWO = List.of("n2", "n3");
  private static final List<String> FOUR = List.of("n2", "n3", "n4", "n5");

  private final FakePeers peers = new FakePeers();
  private final FakeTimer timer = new FakeTimer();
  private final List<String> done = new ArrayList<>();
  private CompletableFuture<LogPosition> fetch = new CompletableFuture<>();

  private final Arrival arrival =
      new Arrival(
          "n1",
          Lost.DIRECTORY,
          TWO,
          peers,
          timer,
          Runnable::run,
          new Arrival.Entrance() {
            @Override
            public LogPosition lastEntry() {
              return LogPosition.NONE;
            }

            @Override
            public void begin() {
              done.add("begin");
            }

            @Override
            public CompletableFuture<LogPosition> fetch(String leader, long indexMin) {
              done.add("fetch " + leader + " " + indexMin);
              return fetch;
            }

            @Override
            public void enter(String leader, long term) {
              done.add("enter " + leader + " " + term);
            }

            @Override
            public void broken(Throwable cause) {
              done.add("broken");
            }
          },
          SETTLING);

  private static PeerState empty() {
    return new PeerState(0, LogPosition.NONE, -1, LogPosition.NONE, "", false);
  }

  /** It has voted, and has no entry. */
  private static PeerState begun(long term) {
    return new PeerState(term, LogPosition.NONE, -1, LogPosition.NONE, "", true);
  }

  private static PeerState follower(long term, String leader) {
    LogPosition last = new LogPosition(term, 70);
    return new PeerState(term, last, 69, last, leader, true);
  }

  private static Finding decide(Map<String, PeerState> answers, boolean settled) {
    return Arrival.decide(
        Lost.DIRECTORY, LogPosition.NONE, answers.size() > 2 ? FOUR : TWO, answers, settled);
  }

  private static Finding emptyOne(List<String> others, Map<String, PeerState> answers) {
    return Arrival.decide(Lost.DIRECTORY, LogPosition.NONE, others, answers, true);
  }

  /** Its vote is lost, and its log is there. */
  private static PeerState voteless(long lastTerm) {
    LogPosition last = new LogPosition(lastTerm, 70);
    return new PeerState(lastTerm, last, -1, LogPosition.NONE, "", false);
  }

  private static Finding votelessOne(
      List<String> others, Map<String, PeerState> answers, boolean settled) {
    return Arrival.decide(Lost.VOTE, new LogPosition(4, 71), others, answers, settled);
  }

  @Test
  void voteLost_majorityOfTheOthersRemembers_returnsToTheLeader() {
    Map<String, PeerState> answers = Map.of("n2", follower(5, "n2"), "n3", follower(5, "n2"));

    assertThat(votelessOne(TWO, answers, false)).isInstanceOf(Finding.Open.class);
    assertThat(votelessOne(TWO, answers, true))
        .isEqualTo(new Finding.Return("n2", 5, new LogPosition(5, 70)));
  }

  @Test
  void votesLost_allLogsAreThere_resumesAboveTheNewestTerm() {
    assertThat(votelessOne(TWO, Map.of("n2", voteless(3), "n3", voteless(4)), true))
        .isEqualTo(new Finding.Resumption(1_004));
    assertThat(votelessOne(TWO, Map.of("n2", voteless(3), "n3", begun(6)), true))
        .isEqualTo(new Finding.Resumption(1_006));
  }

  @Test
  void votesLost_andAVoteMayBeOnItsWay_waits() {
    assertThat(votelessOne(TWO, Map.of("n2", voteless(3), "n3", voteless(4)), false))
        .isInstanceOf(Finding.Open.class);
  }

  /** The log that is missing may have held what a leader of a newer term committed. */
  @Test
  void votesLost_aLogIsMissing_staysOpen() {
    assertThat(votelessOne(TWO, Map.of("n2", voteless(4), "n3", empty()), true))
        .isEqualTo(
            new Finding.Open(
                "n2 has lost its vote, n3 is empty;"
                    + " 2 that remember the group are needed, or all with their logs"));
    assertThat(votelessOne(TWO, Map.of("n2", voteless(4)), true)).isInstanceOf(Finding.Open.class);
  }

  /** It can't tell what it acknowledged, and that others can't vote makes it no better. */
  @Test
  void empty_othersHaveLostTheirVotes_staysOpen() {
    assertThat(decide(Map.of("n2", voteless(4), "n3", voteless(4)), true))
        .isInstanceOf(Finding.Open.class);
  }

  @Test
  void allEmpty_groupBeginsAtOnce() {
    assertThat(decide(Map.of("n2", empty(), "n3", empty()), false))
        .isEqualTo(new Finding.Beginning());
    assertThat(decide(Map.of("n2", empty(), "n3", begun(0)), false))
        .isEqualTo(new Finding.Beginning());
  }

  @Test
  void allEmpty_andAnElectionHasBegun_waitsUntilItIsOver() {
    Map<String, PeerState> answers = Map.of("n2", begun(1), "n3", empty());

    assertThat(decide(answers, false)).isInstanceOf(Finding.Open.class);
    assertThat(decide(answers, true)).isEqualTo(new Finding.Beginning());
  }

  @Test
  void allEmpty_butThisNodeHasAState_isNoBeginning() {
    assertThat(
            Arrival.decide(
                Lost.DIRECTORY,
                new LogPosition(3, 7),
                TWO,
                Map.of("n2", empty(), "n3", empty()),
                true))
        .isInstanceOf(Finding.Open.class);
  }

  @Test
  void oneDoesNotAnswer_staysOpen() {
    assertThat(emptyOne(TWO, Map.of("n2", empty()))).isInstanceOf(Finding.Open.class);
    assertThat(emptyOne(TWO, Map.of("n2", follower(4, "n2"))))
        .isEqualTo(
            new Finding.Open(
                "n2 remembers the group, n3 does not answer;"
                    + " 2 that remember the group are needed, or all without any entry"));
  }

  @Test
  void anotherIsEmptyToo_doesNotCountAsOneWhoRemembers() {
    assertThat(decide(Map.of("n2", follower(4, "n2"), "n3", empty()), true))
        .isInstanceOf(Finding.Open.class);
    assertThat(
            emptyOne(FOUR, Map.of("n2", follower(4, "n2"), "n3", follower(4, "n2"), "n4", empty())))
        .isInstanceOf(Finding.Open.class);
  }

  @Test
  void majorityOfTheOthersRemembers_returnsToTheLeader() {
    assertThat(
            emptyOne(
                FOUR,
                Map.of("n2", follower(4, "n3"), "n3", follower(4, "n3"), "n4", follower(3, "n2"))))
        .isEqualTo(new Finding.Return("n3", 4, new LogPosition(4, 70)));
  }

  @Test
  void votesMayStillBeOnTheirWay_waits() {
    assertThat(decide(Map.of("n2", follower(4, "n2"), "n3", follower(4, "n2")), false))
        .isInstanceOf(Finding.Open.class);
  }

  /** Its vote may have made the newer leader, who may have committed what the older lacks. */
  @Test
  void leaderOfAnOlderTerm_isNoLeader() {
    assertThat(decide(Map.of("n2", follower(4, "n2"), "n3", begun(5)), true))
        .isInstanceOf(Finding.Open.class);
  }

  /** Its log may lack what it has to take over from the terms before. */
  @Test
  void leaderWithoutAnEntryOfItsTerm_isWaitedFor() {
    LogPosition last = new LogPosition(3, 70);
    PeerState elected = new PeerState(4, last, 69, last, "n2", true);

    assertThat(decide(Map.of("n2", elected, "n3", follower(4, "n2")), true))
        .isInstanceOf(Finding.Open.class);
  }

  @Test
  void arrival_asksUntilSettled_fetchesAgainAfterAFailure_entersOnce() {
    arrival.start();
    answer(follower(4, "n2"), follower(4, "n2"));
    assertThat(done).isEmpty();
    timer.advance(SETTLING);
    answer(follower(4, "n2"), follower(4, "n2"));
    assertThat(done).as("it had asked before").isEmpty();
    timer.advance(Duration.ofMillis(50));
    answer(follower(4, "n2"), follower(4, "n2"));
    assertThat(done).containsExactly("fetch n2 70");

    fetch.completeExceptionally(new IllegalStateException("leader is gone"));
    fetch = new CompletableFuture<>();
    timer.advance(Duration.ofSeconds(1));
    answer(follower(5, "n3"), follower(5, "n3"));
    fetch.complete(new LogPosition(5, 71));

    assertThat(done).containsExactly("fetch n2 70", "fetch n3 70", "enter n3 5");
    assertThat(timer.scheduled()).isZero();
    assertThat(peers.states).isEmpty();
  }

  @Test
  void arrival_stopped_doesNothingMore() {
    arrival.start();

    arrival.stop();
    answer(empty(), empty());

    assertThat(done).isEmpty();
  }

  private void answer(PeerState n2, PeerState n3) {
    FakePeers.take(peers.states, "n2").complete(n2);
    FakePeers.take(peers.states, "n3").complete(n3);
  }
}
