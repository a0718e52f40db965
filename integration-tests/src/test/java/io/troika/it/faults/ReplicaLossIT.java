package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.NodeProcess;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A follower or the whole cluster goes away and comes back. */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class ReplicaLossIT {
  private static final int COMMITS_AFTER = 100;

  @Test
  void followerKilled_underLoad_noCallFailsAndItCatchesUp(@TempDir Path directory)
      throws Exception {
    try (FaultRun run = FaultRun.start("SIGKILL of a follower", directory)) {
      for (int round = 0; round < FaultRun.rounds(3); round++) {
        NodeProcess follower = run.probe.follower();
        long fault = System.nanoTime();
        follower.kill();
        run.awaitProgress(fault, COMMITS_AFTER);
        run.recordGap(fault);
        follower.start();
        run.probe.awaitWhole();
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  @Test
  void allKilledAtOnce_restarted_everyAcknowledgedCommitIsThere(@TempDir Path directory)
      throws Exception {
    try (FaultRun run = FaultRun.start("SIGKILL of all nodes", directory)) {
      for (int round = 0; round < FaultRun.rounds(2); round++) {
        long fault = System.nanoTime();
        for (NodeProcess node : run.cluster.nodes()) {
          node.kill();
        }
        for (NodeProcess node : run.cluster.nodes()) {
          node.start();
        }
        run.awaitProgress(System.nanoTime(), COMMITS_AFTER);
        run.recordGap(fault);
        run.probe.awaitWhole();
      }
      run.finish();
    }
  }
}
