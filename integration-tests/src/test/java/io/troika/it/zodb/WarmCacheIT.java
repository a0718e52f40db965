package io.troika.it.zodb;

import static io.troika.it.zodb.WarmCache.Where.LEADER_ELSEWHERE;
import static io.troika.it.zodb.WarmCache.Where.OWN_NODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.network.OwnNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The node of a ZEO client with a warm cache, or its leader, is lost while others write; see {@link
 * WarmCache}. More often: {@code -Dtroika.it.rounds=25}.
 */
@Tag("once")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class WarmCacheIT {
  private static final long PAUSE_SECONDS = 4;
  private static final long SECONDS_MAX = TimeUnit.MINUTES.toSeconds(25);

  private static final List<WarmCache.Fault> FAULTS =
      List.of(
          new WarmCache.Fault(
              "own node killed", OWN_NODE, (node, leader) -> node.kill(), WarmCacheIT::startAgain),
          new WarmCache.Fault(
              "own node restarted",
              OWN_NODE,
              (node, leader) -> {
                assertThat(node.terminate()).isZero();
                node.start();
              },
              WarmCacheIT::leave),
          new WarmCache.Fault(
              "leader killed",
              LEADER_ELSEWHERE,
              (node, leader) -> node.kill(),
              WarmCacheIT::startAgain),
          new WarmCache.Fault(
              "leader paused",
              LEADER_ELSEWHERE,
              (node, leader) -> {
                node.pause();
                TimeUnit.SECONDS.sleep(PAUSE_SECONDS); // the fault itself takes this long
                node.resume();
              },
              WarmCacheIT::leave));

  @TempDir Path directory;

  private static void startAgain(NodeProcess node, NodeProcess ignored) throws IOException {
    node.start();
  }

  private static void leave(NodeProcess ignored, NodeProcess leader) {}

  @Test
  void nodesLost_whileOthersWrite_readsOnlyTrueValuesAndCommitsAgain() throws Exception {
    PythonEnvironment python = WarmCache.python();
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      new WarmCache(python, directory, cluster, probe).suffer(FAULTS, WarmCache.rounds());
    }
  }

  @Test
  void nodesCutOff_whileOthersWrite_readsOnlyTrueValuesAndCommitsAgain() throws Exception {
    OwnNetwork.require();
    WarmCache.python(); // what is installed from elsewhere is so before there is no way there
    OwnNetwork.run(CutOffNodes.class, directory, SECONDS_MAX);
  }
}
