package io.troika.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.health.HealthReport.Check;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.refusals.NotLeaderException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class NodeHealthTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** After this a node must not say any more that it is ready. */
  private static final Duration PROMISED = Duration.ofSeconds(5);

  private final ServiceFixture node = new ServiceFixture();
  private final FakeGroup group = new FakeGroup(node.log);
  private final CompletableFuture<Throwable> broken = new CompletableFuture<>();
  private final NodeHealth health = NodeHealth.start("n1", node.log, group, broken, node.timer);

  @AfterEach
  void close() {
    health.close();
    node.close();
  }

  private List<String> failed() {
    return health.report().checks().stream()
        .filter(check -> !check.passed())
        .map(Check::name)
        .toList();
  }

  @Test
  void leader_thatProvesItself_isReady() {
    assertThat(failed()).isEmpty();
    assertThat(health.report().reason()).isEqualTo("this node leads");
    assertThat(health.report().checks())
        .extracting(Check::name)
        .containsExactly("running", "leader", "majority", "in-step");
  }

  @Test
  void leader_cutOffFromTheMajority_isNotReadyInTime() {
    node.log.failProofs(new NotLeaderException(node.log.leadership()));
    node.timer.advance(PROMISED);

    assertThat(failed()).containsExactly("majority");
    assertThat(health.report().alive()).isTrue();
    node.log.failProofs(null);
    node.timer.advance(SECOND);
    assertThat(failed()).isEmpty();
  }

  @Test
  void leader_electedAndNotReady_isNotReady() {
    node.log.follow(2);
    node.timer.advance(PROMISED);
    node.log.elect(3);
    node.timer.advance(SECOND);

    assertThat(failed()).contains("majority");
  }

  @Test
  void follower_whoseLeaderConfirms_isReadyAtOnce() {
    node.log.follow(2);

    assertThat(failed()).isEmpty();
    assertThat(health.report().reason()).isEqualTo("this node follows n2");
  }

  @Test
  void follower_cutOffFromALeaderThatItStillNames_isNotReadyInTime() {
    node.log.follow(2);
    group.reachLeader(false);
    node.timer.advance(PROMISED);

    assertThat(failed()).contains("majority");
    assertThat(health.report().reason()).contains("not confirmed by the leader");
  }

  @Test
  void follower_whoseGroupIsClosedWhileItAsks_saysSoAndLooksAgain() {
    node.log.follow(2);
    List<HealthReport> told = new ArrayList<>();
    health.addListener(told::add);
    group.closed(true);
    node.timer.advance(PROMISED);

    assertThat(told.get(told.size() - 1).ready()).isFalse();
    assertThat(failed()).contains("majority");
    group.closed(false);
    node.timer.advance(SECOND);
    assertThat(failed()).isEmpty();
  }

  @Test
  void listenerThatFails_isNotTheLastLook() {
    AtomicBoolean fails = new AtomicBoolean();
    health.addListener(
        report -> {
          if (fails.get()) {
            throw new IllegalStateException("test");
          }
        });
    fails.set(true);
    assertThatThrownBy(() -> node.timer.advance(SECOND)).hasMessage("test");
    fails.set(false);
    node.log.failProofs(new NotLeaderException(node.log.leadership()));

    node.timer.advance(PROMISED);

    assertThat(node.log.proofCount()).isGreaterThan(PROMISED.toSeconds());
    assertThat(failed()).containsExactly("majority");
  }

  @Test
  void node_thatWasRemoved_isAliveAndNotReadyAndSaysWhy() {
    List<HealthReport> told = new ArrayList<>();
    health.addListener(told::add);

    health.removed();

    assertThat(told).hasSize(2);
    assertThat(told.get(1).ready()).isFalse();
    assertThat(told.get(1).alive()).isTrue();
    assertThat(told.get(1).reason())
        .isEqualTo("running: this node was removed from its group; it can be stopped");
  }

  @Test
  void node_withoutALeader_isNotReadyAtOnce() {
    node.log.loseLeader(2);

    assertThat(failed()).contains("leader", "majority");
  }

  @Test
  void follower_thatHasToCatchUp_isReadyOnceItHasAppliedWhatIsNew() {
    node.log.follow(2);
    group.leaderCommitted(1_000);
    node.timer.advance(PROMISED.plus(SECOND));
    assertThat(failed()).containsExactly("in-step");

    group.leaderCommitted(1_500);
    group.applied(1_000);
    node.timer.advance(SECOND);
    assertThat(failed()).as("what it has applied is as old as before").containsExactly("in-step");

    group.applied(1_500);
    node.timer.advance(SECOND.multipliedBy(2));
    assertThat(failed()).isEmpty();
  }

  @Test
  void follower_aLittleBehindAllTheTime_isReady() {
    node.log.follow(2);
    for (int i = 1; i <= 60; i++) {
      group.leaderCommitted(100L * i);
      group.applied(Math.max(1, 100L * (i - 2)));
      node.timer.advance(SECOND);
      assertThat(failed()).isEmpty();
    }
  }

  @Test
  void node_thatStops_isAliveAndNotReady() {
    List<HealthReport> told = new ArrayList<>();
    health.addListener(told::add);

    health.stopping();

    assertThat(told).hasSize(2);
    assertThat(told.get(1).ready()).isFalse();
    assertThat(told.get(1).alive()).isTrue();
    assertThat(told.get(1).reason()).isEqualTo("running: this node is stopping");
  }

  @Test
  void node_thatIsBroken_isNotAlive() {
    List<HealthReport> told = new ArrayList<>();
    health.addListener(told::add);

    broken.complete(new IllegalStateException("test"));

    assertThat(told.get(told.size() - 1).alive()).isFalse();
    assertThat(failed()).containsExactly("running");
  }

  @Test
  void close_always_looksNoMore() {
    int others = node.timer.pending();

    health.close();

    assertThat(node.timer.pending()).isEqualTo(others - 1);
  }
}
