package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.SlowDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks on which an fsync takes half a second, as long as the shortest election time-out: of one
 * node, and of all.
 */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class SlowDiskIT {
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
  private static final int COMMITS_FAST = 300;
  private static final int COMMITS_SLOW = 40;

  /** A machine that pauses may lose its leader for that; a slow disk would each time. */
  private static final int ATTEMPTS = 3;

  @Test
  @Tag("once")
  void fsyncOfAFollowerTakesHalfASecond_othersGoOn(@TempDir Path directory) throws Exception {
    slowDownOne("a follower", ClusterProbe::follower, COMMITS_FAST, directory);
  }

  /** Ratis commits nothing that is not on the leader's own disk ({@code RaftLogBase}). */
  @Test
  void fsyncOfTheLeaderTakesHalfASecond_commitsAreSlow_noCallFails(@TempDir Path directory)
      throws Exception {
    slowDownOne("the leader", ClusterProbe::leader, COMMITS_SLOW, directory);
  }

  /** Which one to slow down. */
  private interface Choice {
    NodeProcess of(ClusterProbe probe) throws Exception;
  }

  private static void slowDownOne(String whose, Choice choice, int commits, Path directory)
      throws Exception {
    SlowDisk disks = SlowDisk.require(directory);
    try (FaultRun run = FaultRun.start("slow disk of " + whose, directory, disks)) {
      boolean stayed = false;
      for (int attempt = 0; attempt < ATTEMPTS && !stayed; attempt++) {
        NodeProcess leader = run.probe.leader();
        NodeProcess slow = choice.of(run.probe);
        long fault = System.nanoTime();
        disks.slowDown(slow, HALF_A_SECOND);
        run.awaitProgress(fault, commits);
        run.recordGap(fault);
        stayed = run.probe.leader() == leader;
        disks.slowDown(slow, Duration.ZERO);
      }
      assertThat(stayed).isTrue();
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  @Test
  void fsyncOfAllNodesTakesHalfASecond_leaderStays_andIsReplacedWhenKilled(@TempDir Path directory)
      throws Exception {
    SlowDisk disks = SlowDisk.require(directory);
    try (FaultRun run =
        FaultRun.start("slow disks, then SIGKILL of the leader", directory, disks)) {
      for (int round = 0; round < FaultRun.rounds(2); round++) {
        NodeProcess leader = run.probe.leader();
        for (NodeProcess node : run.cluster.nodes()) {
          disks.slowDown(node, HALF_A_SECOND);
        }
        run.awaitProgress(System.nanoTime(), COMMITS_SLOW);
        assertThat(run.probe.leader()).isSameAs(leader);
        long fault = System.nanoTime();
        leader.kill();
        run.awaitProgress(fault, COMMITS_SLOW);
        run.recordGap(fault);
        for (NodeProcess node : run.cluster.nodes()) {
          disks.slowDown(node, Duration.ZERO);
        }
        leader.start();
        run.awaitWholeAndSteady();
      }
      run.finish();
    }
  }
}
