package io.troika.server.raft.replication;

import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.FakeTimer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which peers are told to be back, and when. */
class ReturnWatchTest {
  private static final PeerState ANSWER =
      new PeerState(5, new LogPosition(5, 12), 12, new LogPosition(5, 12), "n1", true);

  private final FakePeers peers = new FakePeers();
  private final FakeTimer timer = new FakeTimer();
  private final List<String> returned = new ArrayList<>();
  private final ReturnWatch watch = new ReturnWatch(peers, timer, returned::add);

  @BeforeEach
  void start() {
    watch.start(List.of("n2", "n3"));
  }

  private void bothAnswer() {
    take(peers.states, "n2").complete(ANSWER);
    take(peers.states, "n3").complete(ANSWER);
    returned.clear();
  }

  private void silent(String peer) {
    take(peers.states, peer).completeExceptionally(new IOException("not connected"));
  }

  private void assertNothingGoesOn() {
    assertThat(timer.scheduled()).isZero();
    assertThat(peers.states).isEmpty();
  }

  @Test
  void start_peersAnswer_areToldOnce() {
    take(peers.states, "n3").complete(ANSWER);
    take(peers.states, "n2").complete(ANSWER);
    assertThat(returned).containsExactly("n3", "n2");
    assertNothingGoesOn();
  }

  @Test
  void lost_peerAnswersAfterAWhile_isToldThen() {
    bothAnswer();
    peers.lose("n2");
    for (int look = 0; look < 5; look++) {
      silent("n2");
      assertThat(peers.states).as("a pause between two looks").isEmpty();
      timer.advance(ReturnWatch.PERIOD);
    }
    assertThat(returned).isEmpty();
    take(peers.states, "n2").complete(ANSWER);
    assertThat(returned).containsExactly("n2");
    assertNothingGoesOn();
  }

  @Test
  void lost_twice_isLookedForOnce() {
    bothAnswer();
    peers.lose("n2");
    peers.lose("n2");
    silent("n2");
    timer.advance(ReturnWatch.PERIOD);
    take(peers.states, "n2").complete(ANSWER);
    assertThat(returned).containsExactly("n2");
    assertNothingGoesOn();
  }

  @Test
  void lostAgain_whileAskedAndAnswered_isLookedForAgain() {
    bothAnswer();
    peers.lose("n2");
    peers.lose("n2");
    take(peers.states, "n2").complete(ANSWER); // sent before the second loss
    assertThat(returned).isEmpty();
    timer.advance(ReturnWatch.PERIOD);
    take(peers.states, "n2").complete(ANSWER);
    assertThat(returned).containsExactly("n2");
    assertNothingGoesOn();
  }

  @Test
  void stopped_asksNoMore() {
    watch.stop();
    silent("n2");
    silent("n3");
    timer.advance(ReturnWatch.PERIOD);
    assertNothingGoesOn();
    assertThat(returned).isEmpty();
  }
}
