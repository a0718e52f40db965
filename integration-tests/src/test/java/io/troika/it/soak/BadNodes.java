package io.troika.it.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.it.cluster.FaultyDisk;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.WallClocks;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Faults of processes, their disks and clocks. One node may have several: what one of them ended is
 * started when the last of those is over. Not thread-safe.
 */
final class BadNodes {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long DELAY_MILLIS_MIN = 20;
  private static final long DELAY_MILLIS_STEP = 8;
  private static final Duration[] WRONG = {
    Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(1)
  };

  private final List<NodeProcess> nodes;
  private final FaultyDisk disks;
  private final WallClocks clocks;
  private final Set<NodeProcess> ended = new HashSet<>();
  private final Set<NodeProcess> paused = new HashSet<>();

  /** Of these an fsync fails: they end some time, by themselves. */
  private final Set<NodeProcess> broken = new HashSet<>();

  /** Of the nodes that the cluster has now; to others that join it nothing is done. */
  BadNodes(ProcessCluster cluster, FaultyDisk disks, WallClocks clocks) {
    this.nodes = cluster.nodes();
    this.disks = disks;
    this.clocks = clocks;
  }

  void kill(NodeProcess node) throws IOException, InterruptedException {
    paused.remove(node);
    if (node.isRunning()) {
      try {
        node.kill();
      } catch (IOException e) {
        if (!broken.contains(node) || node.isRunning()) { // else it was quicker
          throw e;
        }
      }
    }
    ended.add(node);
  }

  void terminate(NodeProcess node) throws IOException, InterruptedException {
    if (!node.isRunning() || broken.contains(node)) {
      return;
    }
    resume(node);
    ended.add(node);
    assertThat(node.terminate()).as("exit status of %s", node.id()).isZero();
  }

  void start(NodeProcess node) throws IOException {
    if (ended.contains(node) && !broken.contains(node)) {
      node.start();
      ended.remove(node);
    }
  }

  void pause(NodeProcess node) throws IOException, InterruptedException {
    if (node.isRunning() && !broken.contains(node) && paused.add(node)) {
      node.pause();
    }
  }

  void resume(NodeProcess node) throws IOException, InterruptedException {
    if (paused.remove(node)) {
      node.resume();
    }
  }

  void slowDisk(NodeProcess node, int strength) throws IOException {
    if (!broken.contains(node)) {
      disks.slowDown(node, Duration.ofMillis(DELAY_MILLIS_MIN + DELAY_MILLIS_STEP * strength));
    }
  }

  void mendSlowDisk(NodeProcess node) throws IOException {
    if (!broken.contains(node)) {
      disks.mend(node);
    }
  }

  void breakDisk(NodeProcess node, String partOfPath) throws IOException {
    if (node.isRunning() && !paused.contains(node)) {
      disks.failFsync(node, partOfPath);
      broken.add(node);
    }
  }

  /** If it has come to that, that the node ended for it. */
  void mendBrokenDisk(NodeProcess node) throws IOException {
    if (broken.contains(node) && !node.isRunning()) {
      broken.remove(node);
      disks.mend(node);
      ended.add(node);
      start(node);
    }
  }

  void setClock(NodeProcess node, int strength) throws IOException {
    Duration wrong = WRONG[strength % WRONG.length];
    clocks.set(node, strength < 50 ? wrong : wrong.negated());
  }

  void mendClock(NodeProcess node) throws IOException {
    clocks.set(node, Duration.ZERO);
  }

  /**
   * Ends all faults, and starts all nodes. One whose disk is broken gets there as soon as it has
   * something to write.
   */
  void heal() throws IOException, InterruptedException {
    for (NodeProcess node : nodes) {
      resume(node);
      mendSlowDisk(node);
      mendClock(node);
      start(node);
    }
    for (NodeProcess node : Set.copyOf(broken)) {
      await("the node ends whose disk is broken: " + node.id())
          .atMost(PATIENCE)
          .until(() -> !node.isRunning());
      mendBrokenDisk(node);
    }
  }

  /** Fails if a node ended for no reason. */
  void assertRunning() {
    for (NodeProcess node : nodes) {
      assertThat(node.isRunning() || ended.contains(node) || broken.contains(node))
          .as("%s is running", node.id())
          .isTrue();
    }
  }
}
