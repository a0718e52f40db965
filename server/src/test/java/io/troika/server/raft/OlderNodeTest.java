package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.TransactionId;
import io.troika.server.raft.peers.PeerIntroduction;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node of an older version would stop at is not written while one belongs to the group. */
@Timeout(600)
final class OlderNodeTest {
  private static final TransactionId ID = new TransactionId(new UUID(1, 2), 3);
  private static final Command STAGED =
      PeerLevelsTest.together(ID, List.of(BlobReference.empty(new BlobId(ID, 0), 4)));

  @TempDir Path root;

  /** Two of them, so that whoever leads knows of another one. */
  @Test
  void stagedTogether_whileNodesAreOfAnOlderVersion_isNotAppended() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      assertThat(cluster.submit(STAGED)).isEqualTo(new Outcome.Done());

      List<String> older = RaftCluster.NODES.subList(0, 2);
      restart(cluster, older, PeerIntroduction.STAGED_TOGETHER_LEVEL - 1);
      // As soon as the leader is connected to them again.
      awaitAnswer(cluster, refused -> refused.contains("is of an older version, which stops at"));
      assertThat(cluster.submit(RaftCluster.number())).isInstanceOf(Outcome.OidsAllocated.class);

      restart(cluster, older, PeerIntroduction.LOG_LEVEL);
      awaitAnswer(cluster, String::isEmpty);
      cluster.awaitEqual();
    }
  }

  private static void restart(RaftCluster cluster, List<String> nodes, int level) throws Exception {
    for (String node : nodes) {
      cluster.kill(node);
      cluster.network().pretend(node, level);
      cluster.start(node);
    }
  }

  /** Submits the transaction until it is refused so; empty: not at all. */
  private static void awaitAnswer(RaftCluster cluster, Predicate<String> refusal) {
    await()
        .atMost(RaftCluster.PATIENCE)
        .until(
            () -> {
              Throwable refused = catchThrowable(() -> cluster.submit(STAGED));
              return refusal.test(refused == null ? "" : String.valueOf(refused.getMessage()));
            });
  }
}
