package io.troika.server.raft.members;

import static io.troika.server.raft.peers.FakePeers.membership;
import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.FakeTimer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** When a node that nobody talks to any more takes itself for removed. */
class RemovalTest {
  private final FakePeers peers = new FakePeers();
  private final FakeTimer timer = new FakeTimer();
  private final Removal removal =
      new Removal(
          "n1",
          () -> membership(40, false, "n1", "n2", "n3"),
          () -> List.of("n2", "n3"),
          peers,
          timer);

  private static PeerState follower(String leader) {
    LogPosition last = new LogPosition(4, 50);
    return new PeerState(4, last, 50, last, leader, true);
  }

  private boolean verdictOf(String leader, Membership n2) {
    peers.introduce("n2", n2);
    CompletableFuture<Boolean> verdict = removal.inquire(1);
    take(peers.states, "n2").complete(follower(leader));
    take(peers.states, "n3").completeExceptionally(new IOException("not connected"));
    return verdict.join();
  }

  @Test
  void leaderHasCommittedAGroupWithoutIt_isRemoved() {
    assertThat(verdictOf("n2", membership(41, true, "n2", "n3"))).isTrue();
  }

  @Test
  void onlyAFollowerSaysSo_isNotRemoved() {
    assertThat(verdictOf("n3", membership(41, true, "n2", "n3"))).isFalse();
  }

  @Test
  void changeIsNotCommitted_isNotRemoved() {
    assertThat(verdictOf("n2", membership(41, false, "n2", "n3"))).isFalse();
  }

  @Test
  void leaderStillCountsIt_isNotRemoved() {
    assertThat(verdictOf("n2", membership(41, true, "n1", "n2", "n3"))).isFalse();
  }

  /** It was added since. */
  @Test
  void itsOwnLogKnowsMore_isNotRemoved() {
    assertThat(verdictOf("n2", membership(39, true, "n2", "n3"))).isFalse();
  }

  @Test
  void nobodyAnswersAtFirst_isAskedAgain() {
    peers.introduce("n3", membership(41, true, "n2", "n3"));
    CompletableFuture<Boolean> verdict = removal.inquire(Removal.ROUNDS_MAX);
    take(peers.states, "n2").completeExceptionally(new IOException("not connected"));
    take(peers.states, "n3").completeExceptionally(new IOException("not connected"));
    assertThat(verdict).isNotDone();

    timer.advance(Removal.PERIOD);
    take(peers.states, "n2").complete(follower("n3"));
    take(peers.states, "n3").complete(follower("n3"));

    assertThat(verdict).isCompletedWithValue(true);
  }

  @Test
  void inquiredTwice_asksOnceForBoth() {
    peers.introduce("n2", membership(41, true, "n2", "n3"));
    CompletableFuture<Boolean> first = removal.inquire(2);
    CompletableFuture<Boolean> second = removal.inquire(2);
    assertThat(second).isNotDone();
    assertThat(peers.states).hasSize(2);

    take(peers.states, "n2").complete(follower("n2"));
    take(peers.states, "n3").completeExceptionally(new IOException("not connected"));

    assertThat(first).isCompletedWithValue(true);
    assertThat(second).isCompletedWithValue(true);
  }
}
