package io.troika.it.zodb;

import static io.troika.it.zodb.WarmCache.Where.LEADER_ELSEWHERE;
import static io.troika.it.zodb.WarmCache.Where.OWN_NODE;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.WallClocks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The clocks of a ZEO client's node, and of its leader, are set while others write. */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ZeoClockIT {
  @TempDir Path directory;

  @Test
  void clocksAreSet_whileOthersWrite_readsOnlyTrueValuesAndCommitsAgain() throws Exception {
    WallClocks clocks = WallClocks.require(directory);
    PythonEnvironment python = WarmCache.python();
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3, clocks::environment);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      new WarmCache(python, directory, cluster, probe)
          .suffer(
              List.of(
                  fault("leader's clock a day ahead", LEADER_ELSEWHERE, clocks, Duration.ofDays(1)),
                  fault("leader's clock an hour behind", LEADER_ELSEWHERE, clocks, hours(-1)),
                  fault("own node's clock an hour ahead", OWN_NODE, clocks, hours(1)),
                  fault("own node's clock an hour behind", OWN_NODE, clocks, hours(-1))),
              WarmCache.rounds());
    }
  }

  private static Duration hours(int hours) {
    return Duration.ofHours(hours);
  }

  private static WarmCache.Fault fault(
      String name, WarmCache.Where where, WallClocks clocks, Duration ahead) {
    return new WarmCache.Fault(
        name,
        where,
        (node, leader) -> clocks.set(node, ahead),
        (node, leader) -> clocks.set(node, Duration.ZERO));
  }
}
