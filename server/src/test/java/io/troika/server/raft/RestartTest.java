package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Oid;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerRpcWithProxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node finds in its directory when it starts. */
class RestartTest {
  @TempDir Path root;

  @Test
  void allRestarted_logIsReplayed() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(10);
      cluster.awaitEqual();
      long digest = cluster.state("n1").digest();
      RaftCluster.NODES.forEach(cluster::kill);

      cluster.startAll();
      cluster.leader();
      cluster.awaitEqual();

      assertThat(cluster.state("n1").digest()).isEqualTo(digest);
      assertThat(cluster.submit(RaftCluster.number()))
          .isEqualTo(new Outcome.OidsAllocated(new Oid(11), 1));
    }
  }

  /** "Leader restarted: no leader at all": each subset of nodes, down and up in several orders. */
  @Test
  void anySubsetRestarted_inAnyOrder_groupGoesOn() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      int written = 0;
      for (List<String> order : orders()) {
        for (String node : order) {
          cluster.kill(node);
        }
        for (String node : order) {
          cluster.start(node);
        }
        written++;
        assertThat(cluster.submit(RaftCluster.number()))
            .as("after the restart of %s", order)
            .isEqualTo(new Outcome.OidsAllocated(new Oid(written), 1));
      }
      cluster.awaitEqual();
    }
  }

  /** Left to gRPC, the old one would be tried again after a pause that has grown meanwhile. */
  @Test
  void followerBack_isReachedOverANewConnection() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.awaitEqual();
      String back = cluster.anyFollower();
      cluster.kill(back);
      String other = cluster.anyFollower();
      Object before = connection(cluster.node(other), back);

      cluster.start(back);

      await()
          .atMost(RaftCluster.PATIENCE)
          .until(() -> connection(cluster.node(other), back) != before);
    }
  }

  private static Object connection(RaftNode from, String to) throws IOException {
    return ((RaftServerRpcWithProxy<?, ?>) from.server().getServerRpc())
        .getProxies()
        .getProxy(RaftPeerId.valueOf(to));
  }

  private static List<List<String>> orders() {
    List<List<String>> orders = new ArrayList<>();
    for (String a : RaftCluster.NODES) {
      orders.add(List.of(a));
      for (String b : RaftCluster.NODES) {
        if (!a.equals(b)) {
          orders.add(List.of(a, b));
        }
      }
    }
    orders.add(List.of("n1", "n2", "n3"));
    orders.add(List.of("n3", "n2", "n1"));
    return orders;
  }

  @Test
  void openSegmentTorn_anyByte_startsAndCatchesUp() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(30);
      cluster.awaitEqual();
      Random random = new Random(3);
      for (int i = 0; i < 4; i++) {
        String torn = cluster.anyFollower();
        cluster.kill(torn);
        Path segment = openSegment(cluster, torn);
        int end = contentEnd(segment);
        int cut = end - 1 - random.nextInt(Math.min(60, end / 2));
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
          channel.truncate(cut);
        }

        cluster.start(torn);
        cluster.awaitEqual();
        assertThat(cluster.state(torn).numbersGiven()).isEqualTo(30);
      }
    }
  }

  @Test
  void bitFlippedInTheMiddle_refusesAndNamesFileAndOffset() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(30);
      cluster.awaitEqual();
      String flipped = cluster.anyFollower();
      cluster.kill(flipped);
      Path segment = openSegment(cluster, flipped);
      byte[] bytes = Files.readAllBytes(segment);
      bytes[contentEnd(segment) / 2] ^= 4;
      Files.write(segment, bytes);

      assertThatThrownBy(() -> cluster.start(flipped))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(segment.toString())
          .hasMessageContaining("offset");
    }
  }

  private static Path openSegment(RaftCluster cluster, String node) throws IOException {
    try (Stream<Path> files = Files.list(cluster.logDirectory(node))) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).startsWith("log_inprogress_"))
          .findAny()
          .orElseThrow();
    }
  }

  private static int contentEnd(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  /** Pitfall P8: an empty voter under its old id. */
  @Test
  void logLost_refusesToStart() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.kill("n2");
      Path raft = cluster.directory("n2").resolve("raft");
      Files.move(raft, cluster.directory("n2").resolve("raft.lost"));

      assertThatThrownBy(() -> cluster.start("n2"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("n2")
          .hasMessageContaining("is gone");
    }
  }

  @Test
  void directoryOfAnotherNode_refusesToStart() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.startAll();
      cluster.submitNumbers(1);
      cluster.kill("n2");
      cluster.kill("n3");
      cluster.wipe("n2");
      Files.move(cluster.directory("n3"), cluster.directory("n2"));

      assertThatThrownBy(() -> cluster.start("n2"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("belongs to node n3");
    }
  }

  @Test
  void directoryInUse_refusesToStart() throws Exception {
    try (RaftCluster cluster = new RaftCluster(root, RaftCluster.config())) {
      cluster.start("n1");

      assertThatThrownBy(
              () -> {
                try (RaftNode second =
                    RaftNode.start(
                        cluster.nodeConfig("n1"),
                        cluster.state("n1"),
                        cluster.network().transport("n1"),
                        NodeTls.NONE)) {
                  assertThat(second).isNull();
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use");
    }
  }
}
