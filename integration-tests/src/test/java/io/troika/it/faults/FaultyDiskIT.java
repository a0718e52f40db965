package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.FaultyDisk;
import io.troika.it.cluster.NodeProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Disks on which an fsync takes half a second, as long as the shortest election time-out, of one
 * node and of all; and such on which it fails.
 */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class FaultyDiskIT {
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofMinutes(3);
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
    FaultyDisk disks = FaultyDisk.require(directory);
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
        disks.mend(slow);
      }
      assertThat(stayed).isTrue();
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  @Test
  void fsyncOfAllNodesTakesHalfASecond_leaderStays_andIsReplacedWhenKilled(@TempDir Path directory)
      throws Exception {
    FaultyDisk disks = FaultyDisk.require(directory);
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
          disks.mend(node);
        }
        leader.start();
        run.awaitWholeAndSteady();
      }
      run.finish();
    }
  }

  /** Of the Raft log, so with the next commit; of the state, so with its next flush. */
  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({"follower, /current/", "leader, /current/", "follower, /db/", "leader, /db/"})
  void fsyncFails_nodeEndsAndSaysSo_othersGoOn_itComesBackWhenMended(
      String whose, String part, @TempDir Path directory) throws Exception {
    FaultyDisk disks = FaultyDisk.require(directory);
    try (FaultRun run =
        FaultRun.start(
            "fsync of a " + whose + " fails in " + part,
            directory,
            disks,
            "raft.snapshot-entries = 500")) {
      NodeProcess faulty = whose.equals("leader") ? run.probe.leader() : run.probe.follower();
      long fault = System.nanoTime();
      disks.failFsync(faulty, part);
      await().atMost(PATIENCE).until(() -> !faulty.isRunning());
      run.awaitProgress(System.nanoTime(), COMMITS_FAST);
      run.recordGap(fault);
      assertThat(Files.readString(faulty.log())).contains("Input/output error");
      disks.mend(faulty);
      faulty.start();
      run.awaitWholeAndSteady();
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }
}
