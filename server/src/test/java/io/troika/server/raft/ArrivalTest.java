package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.Arrival.Finding;
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
          TWO,
          peers,
          timer,
          Runnable::run,
          new Arrival.Entrance() {
            @Override
            public boolean isEmpty() {
              return true;
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
    return Arrival.decide(answers.size() > 2 ? FOUR : TWO, answers, true, settled);
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
    assertThat(Arrival.decide(TWO, Map.of("n2", empty(), "n3", empty()), false, true))
        .isInstanceOf(Finding.Open.class);
  }

  @Test
  void oneDoesNotAnswer_staysOpen() {
    assertThat(Arrival.decide(TWO, Map.of("n2", empty()), true, true))
        .isInstanceOf(Finding.Open.class);
    assertThat(Arrival.decide(TWO, Map.of("n2", follower(4, "n2")), true, true))
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
            Arrival.decide(
                FOUR,
                Map.of("n2", follower(4, "n2"), "n3", follower(4, "n2"), "n4", empty()),
                true,
                true))
        .isInstanceOf(Finding.Open.class);
  }

  @Test
  void majorityOfTheOthersRemembers_returnsToTheLeader() {
    assertThat(
            Arrival.decide(
                FOUR,
                Map.of("n2", follower(4, "n3"), "n3", follower(4, "n3"), "n4", follower(3, "n2")),
                true,
                true))
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
