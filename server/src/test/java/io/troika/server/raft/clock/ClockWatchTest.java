package io.troika.server.raft.clock;

import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.FakeTimer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
  private static final Instant BEGIN = Instant.parse("2026-11-27T12:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  private final FakeTimer timer = new FakeTimer();
  private final FakePeers peers = new FakePeers();
  private final SetClock own = new SetClock(this::trueTime);
  private final ClusterClock clock = new ClusterClock(own, timer::nanoTime);
  private final ClockWatch watch = new ClockWatch(clock, peers, () -> List.of("n2", "n3"), timer);

  private Instant trueTime() {
    return BEGIN.plusNanos(timer.nanoTime());
  }

  private void answer(String peer) {
    take(peers.states, peer).complete(state(trueTime().toEpochMilli()));
  }

  private static PeerState state(long clockMillis) {
    LogPosition none = LogPosition.NONE;
    return new PeerState(1, none, -1, none, "", true, -1, -1, 0, false, clockMillis);
  }

  @Test
  void start_asksAllAtOnce_andSoonAgainUntilAMajorityAnswers() {
    watch.start();
    take(peers.states, "n2").completeExceptionally(new IOException("not connected"));
    take(peers.states, "n3").completeExceptionally(new IOException("not connected"));
    assertThat(clock.knowsMajority()).isFalse();

    timer.advance(ClockWatch.FIRST_PERIOD);
    answer("n2");
    assertThat(clock.knowsMajority()).isTrue();
    assertThat(take(peers.states, "n3")).isNotDone();

    timer.advance(ClockWatch.FIRST_PERIOD); // was scheduled before the answer
    assertThat(peers.states).hasSize(2);
    peers.states.clear();
    timer.advance(ClockWatch.PERIOD.minusNanos(1));
    assertThat(peers.states).isEmpty();
    timer.advance(Duration.ofNanos(1));
    assertThat(peers.states).hasSize(2);
  }

  @Test
  void answers_bringTheClusterTime() {
    own.set(DAY);
    watch.start();
    answer("n2");
    answer("n3");

    assertThat(clock.instant()).isEqualTo(trueTime());
    assertThat(clock.ahead()).isEqualTo(DAY);
  }

  /** Half of its way could be more than what is trusted. */
  @Test
  void answer_thatTookTooLong_isNotHeard() {
    watch.start();
    var late = take(peers.states, "n2");
    timer.advance(ClockWatch.ANSWER_MAX.plusNanos(1));
    late.complete(state(1));

    assertThat(clock.knowsMajority()).isFalse();
  }

  @Test
  void stop_asksNoMore() {
    watch.start();
    peers.states.clear();
    watch.stop();
    timer.advance(Duration.ofMinutes(1));

    assertThat(peers.states).isEmpty();
    assertThat(timer.scheduled()).isZero();
  }
}
