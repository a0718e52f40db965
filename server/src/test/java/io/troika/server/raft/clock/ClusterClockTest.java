package io.troika.server.raft.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.raft.threads.FakeTimer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Time passes in the timer; each clock is the true time and what it is wrong by. */
class ClusterClockTest {
  private static final Instant BEGIN = Instant.parse("2026-11-27T12:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration LITTLE = ClusterClock.TRUSTED.minusMillis(1);
  private static final Duration MUCH = ClusterClock.TRUSTED.plusMillis(10);

  private final FakeTimer timer = new FakeTimer();
  private final SetClock own = new SetClock(this::trueTime);
  private final ClusterClock clock = new ClusterClock(own, timer::nanoTime);

  private Instant trueTime() {
    return BEGIN.plusNanos(timer.nanoTime());
  }

  private void hear(String node, Duration ahead) {
    long now = timer.nanoTime();
    clock.heard(node, trueTime().plus(ahead).toEpochMilli(), now, now);
    clock.settle(List.of("n2", "n3"));
  }

  @Test
  void instant_nobodyHeard_isTheOwn() {
    own.set(DAY);
    clock.settle(List.of("n2", "n3"));

    assertThat(clock.instant()).isEqualTo(trueTime().plus(DAY));
    assertThat(clock.isTrusted()).isTrue();
    assertThat(clock.knowsMajority()).isFalse();
  }

  @Test
  void instant_aLittleApart_isTheOwn() {
    hear("n2", Duration.ZERO);
    hear("n3", Duration.ZERO);

    own.set(LITTLE);
    assertThat(clock.instant()).isEqualTo(trueTime().plus(LITTLE));
    assertThat(clock.ahead()).isEqualTo(LITTLE);
    own.set(LITTLE.negated());
    assertThat(clock.instant()).isEqualTo(trueTime().minus(LITTLE));
  }

  @Test
  void instant_farApart_isTheMedian() {
    hear("n2", Duration.ofMillis(-5));
    hear("n3", Duration.ofMillis(7));

    own.set(MUCH);
    assertThat(clock.instant()).isEqualTo(trueTime().plusMillis(7));
    assertThat(clock.isTrusted()).isFalse();
    own.set(DAY.negated());
    assertThat(clock.instant()).isEqualTo(trueTime().minusMillis(5));
    assertThat(clock.ahead()).isEqualTo(DAY.negated().plusMillis(5));
  }

  @Test
  void instant_anotherIsFarApart_isTheOwn() {
    hear("n2", Duration.ZERO);
    hear("n3", DAY);

    assertThat(clock.instant()).isEqualTo(trueTime());
    assertThat(clock.isTrusted()).isTrue();
  }

  /** No answer is needed to find out. */
  @Test
  void instant_ownIsSetAfterAllWereHeard_goesOnAsBefore() {
    hear("n2", Duration.ZERO);
    hear("n3", Duration.ZERO);
    timer.advance(Duration.ofSeconds(10));

    own.set(DAY);
    assertThat(clock.instant()).isEqualTo(trueTime());
    own.set(DAY.negated());
    assertThat(clock.instant()).isEqualTo(trueTime());
  }

  @Test
  void instant_twoClocks_isTheLower() {
    hear("n2", Duration.ZERO);

    own.set(DAY);
    assertThat(clock.instant()).isEqualTo(trueTime());
    own.set(DAY.negated());
    assertThat(clock.instant()).isEqualTo(trueTime().minus(DAY));
    assertThat(clock.isTrusted()).isTrue();
  }

  /** One of two that live is wrong: which, the one that was lost a while ago still tells. */
  @Test
  void instant_oneIsAway_itsClockCountsForAnHour() {
    hear("n3", Duration.ZERO);
    timer.advance(ClusterClock.KEPT);
    hear("n2", DAY.negated());

    assertThat(clock.instant()).isEqualTo(trueTime());
    timer.advance(Duration.ofNanos(1));
    hear("n2", DAY.negated());
    assertThat(clock.instant()).isEqualTo(trueTime().minus(DAY));
  }

  @Test
  void instant_oneIsNoMemberAnyMore_isNotAsked() {
    hear("n2", DAY.negated());
    hear("n3", Duration.ZERO);
    assertThat(clock.instant()).isEqualTo(trueTime());

    clock.settle(List.of("n2"));
    assertThat(clock.instant()).isEqualTo(trueTime().minus(DAY));
  }

  @Test
  void heard_answerOnItsWayForAWhile_countsAsOfTheMiddle() {
    long asked = timer.nanoTime();
    timer.advance(Duration.ofMillis(400));
    long said = trueTime().toEpochMilli();
    timer.advance(Duration.ofMillis(400));
    clock.heard("n2", said, asked, timer.nanoTime());
    clock.settle(List.of("n2"));

    own.set(DAY);
    assertThat(clock.instant()).isEqualTo(trueTime());
  }

  @Test
  void knowsMajority_alone_atOnce() {
    clock.settle(List.of());

    assertThat(clock.knowsMajority()).isTrue();
  }

  /** An older version has answered, and won't say more: nobody has to wait for it. */
  @Test
  void knowsMajority_olderVersion_isHeardButDoesNotCount() {
    clock.heard("n2", 0, timer.nanoTime(), timer.nanoTime());
    clock.settle(List.of("n2", "n3"));
    own.set(DAY);

    assertThat(clock.knowsMajority()).isTrue();
    assertThat(clock.instant()).isEqualTo(trueTime().plus(DAY));
  }

  @Test
  void knowsMajority_fiveNodes_afterTwoOthers() {
    List<String> others = List.of("n2", "n3", "n4", "n5");
    clock.heard("n2", 1, 0, 0);
    clock.settle(others);
    assertThat(clock.knowsMajority()).isFalse();

    clock.heard("n4", 1, 0, 0);
    clock.settle(others);
    assertThat(clock.knowsMajority()).isTrue();
  }
}
