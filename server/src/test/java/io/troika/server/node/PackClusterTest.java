package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PackStatus;
import io.troika.client.PackStatus.Phase;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Packs on three nodes in this JVM, whose leader changes meanwhile. */
@Timeout(600)
class PackClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int OBJECTS = 100;
  private static final int ROUNDS = 200;

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    client = WholeCluster.connect(cluster.layout().endpoints());
    WholeCluster.awaitIt(client, PATIENCE);
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void pack_leaderHandsOverAndTheNextIsKilled_goesOnToTheEnd() throws IOException {
    List<Oid> oids = create();
    for (int round = 1; round < ROUNDS; round++) {
      write(oids, round);
    }
    Tid horizon = store.view().tid();
    write(oids, ROUNDS);

    PackStatus begun = client.admin().pack("main", horizon, false);
    assertThat(begun.isRunning()).isTrue();
    var unused = client.admin().transferLeadership("");
    write(oids, ROUNDS + 1);
    String leader = WholeCluster.leader(client);
    cluster.kill(leader);
    write(oids, ROUNDS + 2);
    cluster.restart(leader);
    PackStatus done = awaitDone();

    assertThat(done.horizon()).isEqualTo(horizon);
    assertThat(done.revisionsRemoved()).isEqualTo((ROUNDS - 1L) * OBJECTS);
    assertThat(done.transactionsRemoved()).isEqualTo(ROUNDS - 1L);
    for (Oid oid : oids) {
      assertThat(store.history(oid, 10)).hasSize(4);
    }
    assertThat(store.view().read(oids.get(7), Codec.UTF8)).isEqualTo("7 in " + (ROUNDS + 2));
    WholeCluster.awaitIt(client, PATIENCE);
    assertReplicasEqual();
  }

  @Test
  void pack_whileOthersCommit_losesNothingAndReplicasStayEqual() throws IOException {
    List<Oid> oids = create();
    for (int round = 1; round < 20; round++) {
      write(oids, round);
    }

    PackStatus begun = client.admin().pack("main", Tid.MAX, false);
    for (int round = 20; round < 60; round++) {
      write(oids, round);
      if (round % 20 == 0) {
        assertReplicasEqual();
      }
    }
    PackStatus done = awaitDone();

    assertThat(done.horizon()).isEqualTo(begun.horizon());
    for (Oid oid : oids) {
      assertThat(store.history(oid, 100)).hasSize(41);
    }
    List<String> ids = cluster.nodes().stream().map(node -> node.config().nodeId()).toList();
    ids.forEach(cluster::kill);
    for (String id : ids) {
      cluster.restart(id);
    }
    WholeCluster.awaitIt(client, PATIENCE);
    assertReplicasEqual();
    assertThat(client.admin().packStatus("main")).contains(done);
  }

  private List<Oid> create() {
    return store.run(
        tx -> {
          List<Oid> oids = new ArrayList<>();
          for (int i = 0; i < OBJECTS; i++) {
            oids.add(tx.create(i + " in 0", Codec.UTF8));
          }
          return oids;
        });
  }

  private void write(List<Oid> oids, int round) {
    store.run(
        tx -> {
          for (int i = 0; i < oids.size(); i++) {
            tx.write(oids.get(i), i + " in " + round, Codec.UTF8);
          }
          return round;
        });
  }

  private PackStatus awaitDone() {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> client.admin().packStatus("main"),
            status -> status.map(PackStatus::phase).equals(Optional.of(Phase.DONE)))
        .orElseThrow();
  }

  private void assertReplicasEqual() {
    VerifyReport report = client.admin().verify("main", PATIENCE);
    assertThat(report.equal()).as("%s", report).isTrue();
    assertThat(report.replicas()).hasSize(3);
  }
}
