package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A leader whose follower is down. */
class PacedAppenderTest {
  private static final Duration DOWN = Duration.ofSeconds(1);

  /** Turns of the loop; Ratis's own makes more than 10,000 a second. */
  private static final long ATTEMPTS_MAX = 3_000;

  @TempDir Path root;

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

      assertThat(cluster.network().appendCall(down) - before).isBetween(1L, ATTEMPTS_MAX);
    }
  }
}
