package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Tid;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.service.ports.Leadership;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose clock is wrong dates nothing wrongly, whenever and however it comes to lead. */
class WrongClockTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration HAND_OVER = Duration.ofSeconds(3);

  @TempDir Path root;

  @Test
  void leader_clockIsSet_nothingIsDatedByIt() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      String leader = cluster.leader();
      awaitAllClocks(cluster, leader);
      long term = cluster.node(leader).log().leadership().term();

      for (Duration wrong : List.of(DAY, DAY.negated(), Duration.ofHours(1), Duration.ZERO)) {
        cluster.clock(leader).set(wrong);
        assertDatesRightly(cluster, leader);
        assertThat(cluster.node(leader).clock().ahead())
            .isBetween(wrong.minus(ClusterClock.TRUSTED), wrong.plus(ClusterClock.TRUSTED));
      }
      assertThat(cluster.node(leader).log().leadership().term()).isEqualTo(term);
    }
  }

  /** Also in the moment in which it begins to lead. */
  @Test
  void leader_clockIsWrongFromTheStart_nothingIsDatedByIt() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.clock("n1").set(DAY);
      cluster.startAll();
      cluster.leader();
      cluster.kill("n1");
      cluster.start("n1");
      cluster.awaitEqual();
      handOverTo(cluster, "n1");

      assertDatesRightly(cluster, "n1");
    }
  }

  /** Of the two that are left none is right; but the dead one's clock is known. */
  @Test
  void leader_anotherWasKilled_itsClockStillCounts() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      String killed = cluster.leader();
      for (String node : RaftCluster.NODES) {
        awaitAllClocks(cluster, node);
      }
      cluster.kill(killed);
      String next = cluster.leader();
      RaftCluster.NODES.forEach(node -> cluster.clock(node).set(DAY.negated()));
      cluster.clock(next).set(DAY);

      assertDatesRightly(cluster, next);
    }
  }

  private static void awaitAllClocks(RaftCluster cluster, String node) {
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(() -> cluster.node(node).clock().known().size() == RaftCluster.NODES.size() - 1);
  }

  private static void handOverTo(RaftCluster cluster, String node) {
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(
            () -> {
              String leader = cluster.leader();
              if (!leader.equals(node)) {
                // Not now perhaps: then again.
                cluster
                    .node(leader)
                    .cluster()
                    .transferLeadership(node, HAND_OVER)
                    .handle((Leadership done, Throwable failure) -> failure == null)
                    .get(RaftCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS);
              }
              return cluster.leader().equals(node);
            });
  }

  /** By the moment of asking: what was dated may be as old as that, and as young as now. */
  private static void assertDatesRightly(RaftCluster cluster, String leader) {
    Instant before = Instant.now().minus(ClusterClock.TRUSTED);
    Tid candidate = cluster.node(leader).log().tidCandidate();
    Outcome outcome = cluster.node(leader).log().submit(RaftCluster.number()).join();
    Instant after = Instant.now().plus(ClusterClock.TRUSTED);

    assertThat(outcome).isInstanceOf(Outcome.OidsAllocated.class);
    assertThat(candidate.toInstant()).isBetween(before, after);
    assertThat(Instant.ofEpochMilli(cluster.state(leader).timeMillis())).isBetween(before, after);
  }
}
