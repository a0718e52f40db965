package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A division that ends unasked must not leave a node that looks alive. */
class DivisionClosedTest {
  @TempDir Path root;

  @Test
  void closedByRatis_nodeIsBroken() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      RaftNode node = cluster.start("n1");

      node.stateMachine().notifyServerShutdown(RoleInfoProto.getDefaultInstance(), true);

      assertThat(node.whenBroken().get(90, TimeUnit.SECONDS))
          .hasMessageContaining("closed the group's division by itself");
    }
  }

  /** As when a group's state is deleted that was dropped, and whose log did not end in time. */
  @Test
  void closedByUs_whatFailsAfterwardsDoesNotBreakIt() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      RaftNode node = cluster.start("n1");
      cluster.kill("n1");

      node.stateMachine().notifyLogFailed(new IOException("the store is closed"), null);

      assertThat(node.whenBroken()).isNotDone();
    }
  }

  @Test
  void closedByUs_nodeIsNotBroken() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      RaftNode node = cluster.start("n1");

      cluster.kill("n1");

      assertThat(node.whenBroken()).isNotDone();
    }
  }
}
