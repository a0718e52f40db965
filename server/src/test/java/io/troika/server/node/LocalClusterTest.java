package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.RaftConfig;
import io.troika.server.raft.RaftFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole server, three times in this JVM, through the Java client. */
@Timeout(600)
class LocalClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(withSmallLog(ClusterLayout.onFreePorts(directory, 3)));
    client = WholeCluster.connect(cluster.layout().endpoints());
    store = client.store("main");
    awaitWhole();
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void commit_leaderKilled_isThereAndTheGroupGoesOn() throws IOException {
    List<Oid> oids = createObjects(10, "before");
    String leader = leader();

    cluster.kill(leader);
    oids.addAll(createObjects(10, "after"));
    cluster.restart(leader);
    awaitWhole();

    assertThat(store.view().readAll(oids)).hasSize(20);
    assertReplicasEqual();
  }

  @Test
  void stop_leader_handsOverWithoutAFailedCall() throws IOException {
    List<Oid> oids = createObjects(1, "before");
    String leader = leader();

    cluster.stop(leader);
    oids.addAll(createObjects(5, "after"));
    cluster.restart(leader);
    awaitWhole();

    assertThat(store.view().readAll(oids)).hasSize(6);
    assertReplicasEqual();
  }

  @Test
  void wipedFollower_logPurgedMeanwhile_rejoinsByACheckpoint() throws IOException {
    List<Oid> oids = createObjects(20, "before");
    String follower = follower();

    cluster.stop(follower);
    RaftFiles.delete(directory.resolve(follower).resolve("data"));
    oids.addAll(createObjects(50, "meanwhile"));
    purgeLogs();
    cluster.restart(follower);
    awaitWhole();

    assertThat(store.view().readAll(oids)).hasSize(70);
    assertReplicasEqual();
    assertThat(hasFirstEntry(follower)).as("only a checkpoint can have brought it here").isFalse();
  }

  @Test
  void allNodes_stoppedAndStarted_haveEverything() throws IOException {
    List<Oid> oids = createObjects(10, "before");

    List<String> ids = cluster.nodes().stream().map(node -> node.config().nodeId()).toList();
    ids.forEach(cluster::kill);
    for (String id : ids) {
      cluster.restart(id);
    }
    awaitWhole();

    assertThat(store.view().readAll(oids)).hasSize(10);
    assertReplicasEqual();
  }

  /** So small that what a node missed is not in the log any more. */
  private static ClusterLayout withSmallLog(ClusterLayout layout) {
    RaftConfig usual = RaftConfig.DEFAULT;
    RaftConfig small =
        new RaftConfig(
            usual.electionTimeoutMin(),
            usual.electionTimeoutMax(),
            usual.entryBytesMax(),
            20,
            usual.snapshotBytes(),
            0,
            usual.outcomeRetention());
    List<NodeConfig> nodes =
        layout.nodes().stream()
            .map(
                node ->
                    new NodeConfig(
                        node.nodeId(),
                        node.dataDirectory(),
                        node.members(),
                        small,
                        node.storage(),
                        node.limits()))
            .toList();
    return new ClusterLayout(layout.directory(), nodes);
  }

  private List<Oid> createObjects(int count, String text) {
    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String content = text + i;
      oids.add(store.run(tx -> tx.create(content, Codec.UTF8)));
    }
    return oids;
  }

  private void awaitWhole() {
    WholeCluster.awaitIt(client, PATIENCE);
  }

  private String leader() {
    return WholeCluster.leader(client);
  }

  private String follower() {
    String leader = leader();
    return cluster.nodes().stream()
        .map(node -> node.config().nodeId())
        .filter(id -> !id.equals(leader))
        .findFirst()
        .orElseThrow();
  }

  /** Purging takes whole closed segments, and a change of leader closes one. */
  private void purgeLogs() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              var leader = client.admin().transferLeadership("");
              createObjects(1, "in term " + leader.term());
              for (Node node : cluster.nodes()) {
                var position =
                    client.admin().takeSnapshot(node.config().self().client().toString());
                assertThat(position.index()).isPositive();
              }
              boolean purged = true;
              for (Node node : cluster.nodes()) {
                purged &= !hasFirstEntry(node.config().nodeId());
              }
              return purged;
            });
  }

  /** Whether the node's Raft log begins with entry 0, by the names of its segments. */
  private boolean hasFirstEntry(String nodeId) throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve(nodeId).resolve("data/raft"))) {
      return files
          .map(file -> file.getFileName().toString())
          .anyMatch(name -> name.startsWith("log_0-") || name.equals("log_inprogress_0"));
    }
  }

  private void assertReplicasEqual() {
    VerifyReport report = client.admin().verify("main", PATIENCE);
    assertThat(report.equal()).as("%s", report).isTrue();
    assertThat(report.replicas()).hasSize(3);
  }
}
