package io.troika.server.raft.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.raft.threads.FakeTimer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaderPatienceTest {
  private static final Duration ALMOST = LeaderPatience.PATIENCE.minusNanos(1);

  private final FakeTimer timer = new FakeTimer();
  private final ClusterClock clock = new ClusterClock(InstantSource.system(), timer::nanoTime);
  private final LeaderPatience patience = new LeaderPatience(clock, timer);

  @Test
  void mayLead_clocksAreKnown_atOnce() {
    assertThat(patience.mayLead(3)).isFalse();
    clock.heard("n2", 1, 0, 0);
    clock.settle(List.of("n2", "n3"));

    assertThat(patience.mayLead(3)).isTrue();
  }

  @Test
  void mayLead_nobodyTells_afterAWhileInEachTerm() {
    timer.advance(Duration.ofHours(1));
    assertThat(patience.mayLead(3)).isFalse();
    timer.advance(ALMOST);
    assertThat(patience.mayLead(3)).isFalse();
    timer.advance(Duration.ofNanos(1));
    assertThat(patience.mayLead(3)).isTrue();

    assertThat(patience.mayLead(5)).isFalse();
    timer.advance(ALMOST);
    assertThat(patience.mayLead(5)).isFalse();
    timer.advance(Duration.ofNanos(1));
    assertThat(patience.mayLead(5)).isTrue();
  }

  @Test
  void mayLead_membersAreAdded_leaderStaysOne() {
    clock.settle(List.of());
    assertThat(patience.mayLead(3)).isTrue();

    clock.settle(List.of("n2"));

    assertThat(clock.knowsMajority()).isFalse();
    assertThat(patience.mayLead(3)).isTrue();
    assertThat(patience.mayLead(5)).isFalse();
  }
}
