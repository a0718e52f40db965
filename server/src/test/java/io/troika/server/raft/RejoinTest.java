package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Followers that were away, wiped or fell behind the log; rows of the failure table by name. */
class RejoinTest {
  private static final Duration IDLE_REJOIN = Duration.ofSeconds(30);
  private static final int INSTALLS = 8;

  @TempDir Path root;

  /**
   * "Idle cluster, follower restarted with empty log: INCONSISTENCY loop for ever": once with a log
   * that reaches back to its beginning, once with one that was purged.
   */
  @ParameterizedTest
  @CsvSource({"100000, 50000", "10, 0"})
  void followerWiped_idleCluster_catchesUp(long snapshotEntries, int preserved) throws Exception {
    try (RaftCluster cluster =
        new RaftCluster(root, RaftCluster.purging(snapshotEntries, preserved))) {
      cluster.startAll();
      cluster.submitNumbers(60);
      cluster.awaitEqual();
      String wiped = cluster.anyFollower();
      String leader = cluster.leader();
      long applied = cluster.state(leader).applied().index();

      cluster.stop(wiped);
      cluster.wipe(wiped);
      cluster.start(wiped);

      await().atMost(IDLE_REJOIN).until(() -> cluster.state(wiped).applied().index() >= applied);
      cluster.awaitEqual();
      assertThat(cluster.state(wiped).numbersGiven()).isEqualTo(60);
    }
  }

  /** "After snapshot install the division dies, node half alive". */
  @Test
  void checkpointInstalledManyTimes_thenWritten_thenLeads() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(5, 0))) {
      cluster.startAll();
      String follower = cluster.anyFollower();
      int written = 0;
      for (int i = 1; i <= INSTALLS; i++) {
        cluster.network().isolate(follower, RaftCluster.NODES);
        cluster.submitNumbers(20);
        written += 20;
        cluster.network().heal();
        cluster.awaitEqual();
      }
      assertThat(cluster.state(follower).installs()).isPositive();

      cluster.submitNumbers(5);
      String leader = cluster.leader();
      if (!leader.equals(follower)) {
        assertThat(
                cluster
                    .node(leader)
                    .cluster()
                    .transferLeadership(follower, Duration.ofSeconds(5))
                    .get(10, TimeUnit.SECONDS)
                    .leader())
            .isEqualTo(follower);
      }
      await().atMost(RaftCluster.PATIENCE).until(() -> cluster.leader().equals(follower));
      cluster.submitNumbers(5);

      cluster.awaitEqual();
      assertThat(cluster.state(follower).numbersGiven()).isEqualTo(written + 10L);
    }
  }

  /** Pitfall P1: the follower's log ends right before the leader's first entry. */
  @Test
  void followerEndsWhereTheLeadersLogBegins_catchesUp() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(5, 0))) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String away = cluster.anyFollower();
      takeSnapshot(cluster, away);
      cluster.kill(away);
      // A new term begins a new segment, exactly at the entry that the follower lacks first.
      String leader = cluster.leader();
      String other =
          RaftCluster.NODES.stream()
              .filter(node -> !node.equals(away) && !node.equals(leader))
              .findFirst()
              .orElseThrow();
      var unused =
          cluster
              .node(leader)
              .cluster()
              .transferLeadership(other, Duration.ofSeconds(5))
              .get(10, TimeUnit.SECONDS);
      cluster.submitNumbers(5);
      for (String node : new String[] {leader, other}) {
        takeSnapshot(cluster, node);
      }
      cluster.submitNumbers(3);

      cluster.start(away);

      await().atMost(IDLE_REJOIN).until(() -> cluster.state(away).numbersGiven() == 13);
      cluster.awaitEqual();
    }
  }

  private static void takeSnapshot(RaftCluster cluster, String node) throws Exception {
    assertThat(
            cluster
                .node(node)
                .cluster()
                .takeSnapshot(Duration.ofSeconds(5))
                .get(10, TimeUnit.SECONDS))
        .isEqualTo(cluster.state(node).applied());
  }

  /** "Slow follower keeps the log for ever": a dead peer must not. */
  @Test
  void oneNodeAway_logOfTheOthersIsPurged() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.purging(10, 0))) {
      cluster.startAll();
      String away = cluster.anyFollower();
      cluster.kill(away);

      cluster.submitNumbers(60);

      String leader = cluster.leader();
      assertThat(cluster.state(leader).flushes()).isNotEmpty();
      cluster.start(away);
      cluster.awaitEqual();
      assertThat(cluster.state(away).numbersGiven()).isEqualTo(60);
    }
  }
}
