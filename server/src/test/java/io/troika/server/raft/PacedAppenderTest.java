package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.NodeConfig.RaftConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PacedAppenderTest {
  private static final Duration DOWN = Duration.ofSeconds(1);

  /** Turns of the loop in a second; Ratis's own makes more than 10,000 a second. */
  private static final long ATTEMPTS_MAX = 3_000;

  /** A heartbeat period is half of it. */
  private static final Duration SLOW_ELECTIONS = Duration.ofSeconds(4);

  @TempDir Path root;

  /** Without being told, a follower would apply each entry a heartbeat period later, 2 s here. */
  @Test
  void leaderPausesAfterAnEntry_followersApplyItBeforeTheNextHeartbeat() throws Exception {
    RaftConfig base = RaftCluster.config();
    RaftConfig slow =
        new RaftConfig(
            SLOW_ELECTIONS,
            SLOW_ELECTIONS.multipliedBy(2),
            base.entryBytesMax(),
            base.snapshotEntries(),
            base.snapshotBytes(),
            base.preservedEntries(),
            base.outcomeRetention());
    try (RaftCluster cluster = new RaftCluster(root, slow)) {
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.awaitEqual();
      List<Long> delays = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        cluster.submitNumbers(1);
        long committedNanos = System.nanoTime();
        cluster.awaitEqual();
        delays.add(System.nanoTime() - committedNanos);
      }

      delays.sort(Comparator.naturalOrder());
      assertThat(Duration.ofNanos(delays.get(2))).isLessThan(SLOW_ELECTIONS.dividedBy(4));
    }
  }

  @Test
  void followerDownAndSentAllThereIs_leaderDoesNotTryWithoutPause() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(5);
      cluster.awaitEqual();
      String down = cluster.anyFollower();
      long before = cluster.network().appendCall(down);
      cluster.kill(down);
      cluster.submitNumbers(3);
      long killedNanos = System.nanoTime();
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> System.nanoTime() - killedNanos > DOWN.toNanos());

      cluster.start(down);
      cluster.awaitEqual();

      long seconds = 1 + Duration.ofNanos(System.nanoTime() - killedNanos).toSeconds();
      assertThat(cluster.network().appendCall(down) - before).isBetween(1L, seconds * ATTEMPTS_MAX);
    }
  }
}
