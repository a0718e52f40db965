package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.NodeProcess;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The leader dies, hangs, or is asked to go, while eight clients write. */
@Tag("once")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class LeaderLossIT {
  private static final int COMMITS_AFTER = 50;
  private static final long PAUSE_SECONDS = 4;

  @Test
  void leaderKilled_ofTwoOfThreeGroups_underLoad_nothingLostNothingDoubled(@TempDir Path directory)
      throws Exception {
    try (FaultRun run = FaultRun.start("SIGKILL of the leader", directory);
        GroupWriters others = GroupWriters.start(run.cluster.endpoints())) {
      for (int round = 0; round < FaultRun.rounds(5); round++) {
        NodeProcess leader = run.probe.leader();
        others.leadWith(leader.id());
        long fault = System.nanoTime();
        leader.kill();
        run.awaitProgress(fault, COMMITS_AFTER);
        run.recordGap(fault);
        others.awaitProgress();
        leader.start();
        run.awaitWholeAndSteady();
      }
      others.finish();
      run.finish();
    }
  }

  @Test
  void leaderPausedAndWoken_underLoad_nothingLostNothingStale(@TempDir Path directory)
      throws Exception {
    try (FaultRun run = FaultRun.start("SIGSTOP of the leader", directory)) {
      for (int round = 0; round < FaultRun.rounds(3); round++) {
        NodeProcess leader = run.probe.leader();
        long fault = System.nanoTime();
        leader.pause();
        TimeUnit.SECONDS.sleep(PAUSE_SECONDS); // the fault itself takes this long
        leader.resume();
        run.awaitProgress(fault, COMMITS_AFTER);
        run.recordGap(fault);
        run.awaitWholeAndSteady();
      }
      run.finish();
    }
  }

  @Test
  void leadershipTransferred_underLoad_noCallFails(@TempDir Path directory) throws Exception {
    try (FaultRun run = FaultRun.start("planned transfer", directory)) {
      for (int round = 0; round < FaultRun.rounds(5); round++) {
        long fault = System.nanoTime();
        var unused = run.probe.client().admin().transferLeadership("");
        run.awaitProgress(System.nanoTime(), COMMITS_AFTER);
        run.recordGap(fault);
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  @Test
  void leaderTerminated_underLoad_noCallFails(@TempDir Path directory) throws Exception {
    try (FaultRun run = FaultRun.start("SIGTERM of the leader", directory)) {
      for (int round = 0; round < FaultRun.rounds(3); round++) {
        NodeProcess leader = run.probe.leader();
        long fault = System.nanoTime();
        assertThat(leader.terminate()).isZero();
        run.awaitProgress(fault, COMMITS_AFTER);
        run.recordGap(fault);
        leader.start();
        run.awaitWholeAndSteady();
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }
}
