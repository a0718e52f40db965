package io.troika.server.raft.replication;

import static io.troika.server.raft.peers.FakePeers.take;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.FakeTimer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SilenceWatchTest {
  private static final PeerState ANSWER =
      new PeerState(5, new LogPosition(5, 12), 12, new LogPosition(5, 12), "n1", true);
  private static final Duration LONG = SilenceWatch.SILENCE_MAX.plusMillis(1);

  private final FakePeers peers = new FakePeers();
  private final FakeTimer timer = new FakeTimer();
  private final Appenders appenders = new Appenders();
  private final List<String> done = new ArrayList<>();
  private final SilenceWatch watch =
      new SilenceWatch(appenders, peers, timer, peer -> done.add("connect " + peer));
  private final FakeAppender n2 = new FakeAppender("n2");
  private final FakeAppender n3 = new FakeAppender("n3");

  private final class FakeAppender implements Appenders.Appender {
    private final String follower;
    private Duration silence = Duration.ofMillis(100);

    FakeAppender(String follower) {
      this.follower = follower;
    }

    @Override
    public String follower() {
      return follower;
    }

    @Override
    public Duration silence() {
      return silence;
    }

    @Override
    public void tellSoon() {
      throw new IllegalStateException("nobody asks for that");
    }

    @Override
    public void replace() {
      done.add("replace " + follower);
    }
  }

  @BeforeEach
  void start() {
    appenders.add(n2);
    appenders.add(n3);
    watch.start();
  }

  private void look() {
    timer.advance(SilenceWatch.PERIOD);
  }

  @Test
  void followersAnswer_nobodyIsAsked() {
    look();
    n2.silence = SilenceWatch.SILENCE_MAX;
    look();

    assertThat(peers.states).isEmpty();
    assertThat(done).isEmpty();
  }

  @Test
  void silent_andReachable_getsANewConnection() {
    n2.silence = LONG;
    look();
    assertThat(done).as("it has not answered yet").isEmpty();
    take(peers.states, "n2").complete(ANSWER);

    assertThat(done).containsExactly("connect n2");
    assertThat(peers.states).as("n3 is fine").isEmpty();
  }

  @Test
  void silent_becauseItIsOutOfReach_isLeftAloneUntilItIsNot() {
    n2.silence = LONG;
    for (int looks = 0; looks < 20; looks++) {
      look();
      take(peers.states, "n2").completeExceptionally(new IOException("not connected"));
    }
    assertThat(done).isEmpty();

    look();
    take(peers.states, "n2").complete(ANSWER);
    assertThat(done).containsExactly("connect n2");
  }

  @Test
  void spoke_beforeItAnsweredUs_isLeftAlone() {
    n2.silence = LONG;
    look();
    n2.silence = Duration.ZERO;
    take(peers.states, "n2").complete(ANSWER);

    assertThat(done).isEmpty();
  }

  /** It is silent, and answers each question. */
  private void staysSilentFor(FakeAppender appender, Duration time) {
    for (long millis = 0; millis < time.toMillis(); millis += SilenceWatch.PERIOD.toMillis()) {
      appender.silence = appender.silence.plus(SilenceWatch.PERIOD);
      look();
      while (!peers.states.isEmpty()) {
        take(peers.states, appender.follower).complete(ANSWER);
      }
    }
  }

  @Test
  void stillSilent_afterAPause_getsANewAppenderToo() {
    n2.silence = LONG;
    staysSilentFor(n2, SilenceWatch.PERIOD);
    done.clear();
    staysSilentFor(n2, SilenceWatch.PAUSE.minus(SilenceWatch.PERIOD));
    assertThat(done).as("the new connection has its time").isEmpty();

    staysSilentFor(n2, SilenceWatch.PERIOD);
    assertThat(done).containsExactly("connect n2", "replace n2");
  }

  /** As where entries take that long: a new connection, each time, would let none through. */
  @Test
  void silentAgainAndAgain_isWaitedForLongerEachTime() {
    List<Duration> silences = new ArrayList<>();
    n2.silence = LONG;
    while (silences.size() < 8) {
      staysSilentFor(n2, SilenceWatch.PERIOD);
      if (!done.isEmpty()) {
        silences.add(n2.silence);
        done.clear();
        n2.silence = Duration.ZERO; // the new connection carries something, and is as slow
      }
    }

    Duration most = SilenceWatch.PATIENCE_MAX.plus(SilenceWatch.PERIOD);
    assertThat(silences.stream().map(Duration::toSeconds))
        .containsExactly(3L, 6L, 12L, 24L, 48L, 96L, most.toSeconds(), most.toSeconds());
  }

  @Test
  void silentAnotherTime_afterItWasWellForAWhile_isANewCase() {
    n2.silence = LONG;
    look();
    take(peers.states, "n2").complete(ANSWER);
    n2.silence = Duration.ZERO;
    timer.advance(SilenceWatch.PAUSE.plus(SilenceWatch.PERIOD));
    assertThat(watch.knownCount()).isZero();
    n2.silence = LONG;
    look();
    take(peers.states, "n2").complete(ANSWER);

    assertThat(done).containsExactly("connect n2", "connect n2");
  }

  @Test
  void silentTillItsEnd_isForgotten() {
    n2.silence = LONG;
    look();
    take(peers.states, "n2").complete(ANSWER);
    assertThat(watch.knownCount()).isEqualTo(1);

    appenders.remove(n2);
    timer.advance(SilenceWatch.PAUSE.plus(SilenceWatch.PERIOD));
    assertThat(watch.knownCount()).isZero();
  }

  @Test
  void notLeaderAnyMore_orStopped_nothingIsDone() {
    n2.silence = LONG;
    n3.silence = LONG;
    appenders.remove(n3);
    look();
    watch.stop();
    take(peers.states, "n2").complete(ANSWER);
    look();

    assertThat(peers.states).isEmpty();
    assertThat(done).isEmpty();
    assertThat(timer.scheduled()).isZero();
  }
}
