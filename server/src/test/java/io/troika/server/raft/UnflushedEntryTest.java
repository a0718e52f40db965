package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Oid;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.util.CodeInjectionForTesting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pitfall P16 in a cluster: the disk of a follower hangs while the leader sends it the same entries
 * again. What it acknowledges then, a crash would lose.
 */
class UnflushedEntryTest {
  private static final String LOG_WORKER_STARTS = "SegmentedRaftLogWorker.runWorker";

  @TempDir Path root;

  private final CountDownLatch diskWorks = new CountDownLatch(1);

  @AfterEach
  void remove() {
    diskWorks.countDown();
    CodeInjectionForTesting.remove(LOG_WORKER_STARTS);
  }

  @Test
  void entriesSentAgain_beforeTheFirstCopyIsFlushed_areNotAcknowledged() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(3);
      cluster.awaitEqual();
      String leader = cluster.leader();
      String slow = cluster.anyFollower();
      cluster.kill(slow);
      hangDiskOf(slow);
      cluster.start(slow);
      await().atMost(RaftCluster.PATIENCE).until(() -> follows(cluster, slow, leader));
      RaftCluster.NODES.stream()
          .filter(node -> !node.equals(slow) && !node.equals(leader))
          .forEach(third -> cluster.network().isolate(third, RaftCluster.NODES));

      cluster.network().failNextAppend(slow);
      long before = lastIndex(cluster, leader);
      CompletableFuture<Outcome> outcome = cluster.node(leader).log().submit(RaftCluster.number());
      long index =
          await()
              .atMost(RaftCluster.PATIENCE)
              .until(() -> lastIndex(cluster, leader), last -> last > before);
      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> cluster.network().deliveries(slow, index) > 1);

      assertThat(cluster.network().acknowledged(slow)).isLessThan(index);
      assertThat(outcome).isNotDone();
      diskWorks.countDown();
      assertThat(outcome.get(RaftCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isEqualTo(new Outcome.OidsAllocated(new Oid(4), 1));
      assertThat(cluster.network().acknowledged(slow)).isEqualTo(index);
    }
  }

  /** From its next start on nothing that the node appends to its log gets written. */
  private void hangDiskOf(String node) {
    CodeInjectionForTesting.put(
        LOG_WORKER_STARTS,
        (local, remote, queue) -> {
          if (String.valueOf(local).equals(node)) {
            try {
              diskWorks.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return true;
        });
  }

  private static boolean follows(RaftCluster cluster, String node, String leader) {
    return cluster.node(node).endpoint().state().leader().equals(leader);
  }

  private static long lastIndex(RaftCluster cluster, String node) {
    return cluster.node(node).endpoint().state().lastEntry().index();
  }
}
