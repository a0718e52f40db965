package io.troika.server.raft.arrival;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.arrival.Arrival.Finding;
import io.troika.server.raft.arrival.Arrival.Lost;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.FakeTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
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
  private boolean strangers;

  private final Arrival arrival = arrival(false);

  private Arrival arrival(boolean joining) {
    return new Arrival(
        "n1",
        Lost.DIRECTORY,
        joining,
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
          public void enter(String leader, long term, Membership membership) {
            done.add("enter " + leader + " " + term + said(membership));
          }

          @Override
          public void join(Membership membership) {
            done.add("join");
          }

          @Override
          public void meet(Membership membership) {
            done.add("meet" + said(membership));
            if (strangers) {
              throw new IllegalStateException("nobody can be met now");
            }
          }

          @Override
          public void broken(Throwable cause) {
            done.add("broken");
          }
        },
        SETTLING);
  }

  private static String said(Membership membership) {
    return membership.isKnown() ? " " + membership.ids() : "";
  }

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
    return ArrivalDecision.decide(
        Lost.DIRECTORY, LogPosition.NONE, answers.size() > 2 ? FOUR : TWO, answers, settled);
  }

  private static Finding emptyOne(List<String> others, Map<String, PeerState> answers) {
    return ArrivalDecision.decide(Lost.DIRECTORY, LogPosition.NONE, others, answers, true);
  }

  /** Its vote is lost, and its log is there. */
  private static PeerState voteless(long lastTerm) {
    LogPosition last = new LogPosition(lastTerm, 70);
    return new PeerState(lastTerm, last, -1, LogPosition.NONE, "", false);
  }

  private static Finding votelessOne(
      List<String> others, Map<String, PeerState> answers, boolean settled) {
    return ArrivalDecision.decide(Lost.VOTE, new LogPosition(4, 71), others, answers, settled);
  }

  /** Who was cut off while it led may have more entries than those who went on without it. */
  @Test
  void newest_longerLogOfAnEarlierTerm_doesNotSayWhoTheMembersAre() {
    LogPosition tail = new LogPosition(5, 90);
    PeerState cutOff = new PeerState(6, tail, 60, tail, "n3", true);
    Membership before = members("n2", "n3");
    Membership now = members("n1", "n2", "n3");

    assertThat(
            ArrivalDecision.newest(
                List.of(
                    new Arrival.Answer(cutOff, before),
                    new Arrival.Answer(follower(6, "n3"), now))))
        .isEqualTo(now);
  }

  private static Membership members(String... ids) {
    return new Membership(
        50,
        true,
        Stream.of(ids)
            .map(
                id ->
                    new MemberConfig(
                        id,
                        HostAndPort.parse(id + ":1"),
                        HostAndPort.parse(id + ":2"),
                        HostAndPort.parse(id + ":3")))
            .toList());
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
            ArrivalDecision.decide(
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

  private void settle(Arrival one) {
    timer.advance(SETTLING);
    one.start();
  }

  /** The settling time is counted from when the node was made. */
  private Arrival settled(boolean joining) {
    Arrival one = arrival(joining);
    settle(one);
    return one;
  }

  @Test
  void outside_toldToJoin_waitsToBeAddedWithoutAState() {
    peers.introduce("n2", FakePeers.membership(9, true, "n2", "n3"));
    peers.introduce("n3", FakePeers.membership(5, true, "n2", "n3"));
    settled(true);

    answer(follower(4, "n2"), follower(4, "n2"));

    assertThat(done).containsExactly("join");
    assertThat(timer.scheduled()).isZero();
  }

  @Test
  void outside_notToldToJoin_staysOut() {
    peers.introduce("n2", FakePeers.membership(9, true, "n2", "n3"));
    peers.introduce("n3", FakePeers.membership(9, true, "n2", "n3"));
    settled(false);

    answer(follower(4, "n2"), follower(4, "n2"));

    assertThat(done).isEmpty();
    assertThat(timer.scheduled()).as("it asks again").isOne();
  }

  /** Who did not answer may know that this node is a member, with votes it has forgotten. */
  @Test
  void outside_saysAMinority_isNotBelieved() {
    peers.introduce("n2", FakePeers.membership(9, true, "n2", "n3"));
    settled(true);

    FakePeers.take(peers.states, "n2").complete(follower(4, "n2"));
    FakePeers.take(peers.states, "n3").completeExceptionally(new IllegalStateException("down"));

    assertThat(done).isEmpty();
  }

  @Test
  void joining_nobodyHasAnEntry_neverBegins() {
    settled(true);

    answer(empty(), empty());

    assertThat(done).isEmpty();
  }

  /** Its configuration file still says that it is to join, and its disk is new. */
  @Test
  void joining_isAMemberAlready_returns() {
    peers.introduce("n2", FakePeers.membership(9, true, "n1", "n2", "n3"));
    peers.introduce("n3", FakePeers.membership(9, true, "n1", "n2", "n3"));
    settled(true);

    answer(follower(4, "n2"), follower(4, "n2"));
    fetch.complete(new LogPosition(4, 70));

    assertThat(done).containsExactly("fetch n2 70", "enter n2 4 [n1, n2, n3]");
  }

  @Test
  void others_areThoseOfTheNewestLog_notOfTheFile() {
    peers.introduce("n2", FakePeers.membership(2, true, "n1", "n2", "n3"));
    peers.introduce("n3", FakePeers.membership(60, true, "n1", "n3", "n4"));
    settled(false);

    answer(follower(3, "n2"), follower(4, "n3"));
    assertThat(done).containsExactly("meet [n1, n3, n4]");

    timer.advance(Duration.ofMillis(50));
    peers.introduce("n4", FakePeers.membership(60, true, "n1", "n3", "n4"));
    FakePeers.take(peers.states, "n3").complete(follower(4, "n3"));
    FakePeers.take(peers.states, "n4").complete(follower(4, "n3"));
    assertThat(peers.states).as("who left is not asked").isEmpty();
    assertThat(done).containsExactly("meet [n1, n3, n4]", "fetch n3 70");
  }

  @Test
  void stepThatFails_looksAgain() {
    peers.introduce("n2", FakePeers.membership(60, true, "n1", "n3", "n4"));
    peers.introduce("n3", FakePeers.membership(60, true, "n1", "n3", "n4"));
    settled(false);
    strangers = true;
    answer(follower(4, "n3"), follower(4, "n3"));

    strangers = false;
    timer.advance(Duration.ofSeconds(1));
    answer(follower(4, "n3"), follower(4, "n3"));
    assertThat(done).containsExactly("meet [n1, n3, n4]", "meet [n1, n3, n4]");
  }

  @Test
  void membershipAfterTheFetch_isBeingChanged_beginsAnew() {
    peers.introduce("n2", FakePeers.membership(9, true, "n1", "n2", "n3"));
    peers.introduce("n3", FakePeers.membership(9, true, "n1", "n2", "n3"));
    settled(false);
    answer(follower(4, "n2"), follower(4, "n2"));

    peers.introduce("n2", FakePeers.membership(75, false, "n1", "n2", "n3", "n4"));
    fetch.complete(new LogPosition(4, 70));

    assertThat(done).containsExactly("fetch n2 70");
    assertThat(timer.scheduled()).isOne();
  }
}
