package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterStatus;
import io.troika.client.Codec;
import io.troika.client.GroupStatus;
import io.troika.client.InvalidRequestException;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Outcome;
import io.troika.client.StorageInfo;
import io.troika.client.TransactionId;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.UnknownStorageException;
import io.troika.client.VerifyReport;
import io.troika.server.raft.RaftFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two Raft groups on three nodes in this JVM, through the Java client. */
@Timeout(600)
class GroupsClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int TRIES_MAX = 3;

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    client = WholeCluster.connect(cluster.layout().endpoints());
    WholeCluster.awaitIt(client, PATIENCE);
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void storages_ofTwoGroupsLedByTwoNodes_areReadAndWrittenThroughOneClient() {
    ObjectStore away = createAway();
    ObjectStore main = client.store("main");
    lead("g1", otherThan(WholeCluster.leader(client)));

    List<Oid> inMain = write(main, 5, "main");
    List<Oid> inAway = write(away, 5, "away");
    try (TroikaClient other = WholeCluster.connect(cluster.layout().endpoints())) {
      assertThat(other.store("away").view().readAll(inAway)).hasSize(5);
      assertThat(other.store("main").view().readAll(inMain)).hasSize(5);
      other.store("away").run(tx -> tx.create("more", Codec.UTF8));
    }
    assertThat(client.admin().storages())
        .extracting(StorageInfo::name, StorageInfo::group)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("main", "g0"),
            org.assertj.core.groups.Tuple.tuple("away", "g1"));
    assertReplicasEqual("away");
    assertReplicasEqual("main");
  }

  @Test
  void commit_leaderOfTheGroupKilled_goesOnWithTheNextAndTheOtherGroupIsNotDisturbed()
      throws IOException {
    ObjectStore away = createAway();
    List<Oid> oids = new ArrayList<>();
    boolean disturbed = true;
    // A machine that pauses may elect a leader of the other group too, but not each time.
    for (int i = 0; i < TRIES_MAX && disturbed; i++) {
      String leader = otherThan(WholeCluster.leader(client));
      lead("g1", leader);
      oids.addAll(write(away, 5, "before"));
      long term = client.admin().status().leader().term();

      cluster.kill(leader);
      oids.addAll(write(away, 5, "after"));
      disturbed = client.admin().status().leader().term() != term;
      cluster.restart(leader);
      awaitWhole();
    }

    assertThat(disturbed).isFalse();
    assertThat(away.view().readAll(oids)).hasSameSizeAs(oids);
    assertReplicasEqual("away");
  }

  @Test
  void create_whileANodeIsAway_isRefusedAndNamesIt() throws IOException {
    String absent = otherThan(WholeCluster.leader(client));
    cluster.kill(absent);
    assertThatThrownBy(() -> client.admin().createGroup("g1"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("node " + absent + " does not answer");
    assertThat(client.admin().status().groups()).isEmpty();

    cluster.restart(absent);
    awaitWhole();
    ObjectStore away = createAway();
    cluster.kill(absent);
    List<Oid> oids = write(away, 20, "meanwhile");
    cluster.restart(absent);
    awaitWhole();
    assertReplicasEqual("away");
    assertThat(away.view().readAll(oids)).hasSize(20);
  }

  @Test
  void drop_emptyGroup_isGoneOnAllNodesAlsoOnOneThatWasAway() throws IOException {
    createAway();
    assertThatThrownBy(() -> client.admin().dropGroup("g1"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("away");
    assertThatThrownBy(() -> client.admin().dropGroup("g0"))
        .isInstanceOf(InvalidRequestException.class);
    client.admin().dropStorage("away", storage("away").epoch());
    client.admin().createStorage("away");
    awaitWhole();
    String absent = otherThan(WholeCluster.leader(client));
    cluster.kill(absent);

    client.admin().dropGroup("g1");
    client.admin().dropGroup("g1");
    assertThat(client.admin().status().groups()).isEmpty();
    for (Node node : cluster.nodes()) {
      await().atMost(PATIENCE).until(() -> isGone(node.config().nodeId()));
    }
    cluster.restart(absent);
    await().atMost(PATIENCE).until(() -> isGone(absent));
    awaitWhole();
    assertThatThrownBy(() -> client.admin().createGroup("g1"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("was dropped");

    // The rest goes on, with another group too, and after all nodes were ended.
    client.admin().createGroup("g2");
    client.admin().createStorage("far", "g2");
    List<String> ids = cluster.nodes().stream().map(node -> node.config().nodeId()).toList();
    ids.forEach(cluster::kill);
    for (String id : ids) {
      cluster.restart(id);
    }
    awaitWhole();
    assertThat(ids).allMatch(this::isGone);
    write(client.store("away"), 1, "here now");
    write(client.store("far"), 1, "there");
    assertReplicasEqual("away");
    assertReplicasEqual("far");
  }

  private boolean isGone(String node) {
    Path data = directory.resolve(node).resolve("data");
    return Files.notExists(data.resolve("state").resolve("g1"))
        && Files.notExists(data.resolve("groups").resolve("g1"));
  }

  @Test
  void nodeThatLostItsDirectory_fetchesBothGroups() throws IOException {
    ObjectStore away = createAway();
    List<Oid> oids = write(away, 20, "before");
    Set<String> leaders = leaders(client.admin().status());
    String wiped =
        cluster.nodes().stream()
            .map(node -> node.config().nodeId())
            .filter(node -> !leaders.contains(node))
            .findFirst()
            .orElseThrow();
    cluster.stop(wiped);
    RaftFiles.delete(directory.resolve(wiped).resolve("data"));
    oids.addAll(write(away, 5, "meanwhile"));
    cluster.restart(wiped);
    awaitWhole();

    assertReplicasEqual("away");
    assertReplicasEqual("main");
  }

  @Test
  void allNodes_stoppedAndStarted_haveTheGroupAndWhatIsInIt() throws IOException {
    ObjectStore away = createAway();
    List<Oid> oids = write(away, 10, "before");
    List<String> ids = cluster.nodes().stream().map(node -> node.config().nodeId()).toList();
    ids.forEach(cluster::kill);
    for (String id : ids) {
      cluster.restart(id);
    }
    awaitWhole();

    oids.addAll(write(away, 1, "after"));
    assertThat(away.view().readAll(oids)).hasSize(11);
    assertReplicasEqual("away");
  }

  @Test
  void names_areOfOneGroupOnly() {
    createAway();
    client.admin().createGroup("g2");
    assertThatThrownBy(() -> client.admin().createStorage("away", "g2"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("in group g1");
    assertThatThrownBy(() -> client.admin().createStorage("main", "g1"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("in group g0");
    assertThatThrownBy(() -> client.admin().createStorage("new", "g3"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("no group 'g3'");
    assertThat(client.admin().createStorage("away", "g1").group()).isEqualTo("g1");
    assertThatThrownBy(() -> client.admin().renameStorage("main", "away"))
        .isInstanceOf(InvalidRequestException.class);

    assertThat(client.admin().renameStorage("away", "far").group()).isEqualTo("g1");
    client.store("far").run(tx -> tx.create("x", Codec.UTF8));
    StorageInfo far = storage("far");
    client.admin().dropStorage("far", far.epoch());
    assertThatThrownBy(() -> client.store("far").run(tx -> tx.create("x", Codec.UTF8)))
        .isInstanceOf(UnknownStorageException.class);
    // Both names are free again.
    assertThat(client.admin().createStorage("away").group()).isEqualTo("g0");
    assertThat(client.admin().createStorage("far", "g2").group()).isEqualTo("g2");
    client.store("away").run(tx -> tx.create("x", Codec.UTF8));
    client.store("far").run(tx -> tx.create("x", Codec.UTF8));
  }

  @Test
  void transaction_overStoragesOfTwoGroups_isRefusedWithTheReason() {
    ObjectStore away = createAway();
    ObjectStore main = client.store("main");
    assertThatThrownBy(
            () ->
                client.run(
                    tx -> {
                      tx.in(main).create("one", Codec.UTF8);
                      return tx.in(away).create("two", Codec.UTF8);
                    }))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("is in group g0")
        .hasMessageContaining("is in g1");
    client.admin().createStorage("near", "g1");
    ObjectStore near = client.store("near");
    Oid oid =
        client.run(
            tx -> {
              tx.in(near).create("one", Codec.UTF8);
              return tx.in(away).create("two", Codec.UTF8);
            });
    assertThat(away.view().read(oid, Codec.UTF8)).isEqualTo("two");
  }

  @Test
  void outcome_ofATransactionInAnotherGroup_isFoundAndAbandonedThere() {
    createAway();
    TransactionId unseen = new TransactionId(UUID.randomUUID(), 7);
    assertThat(client.outcome(unseen)).isInstanceOf(Outcome.NotSeen.class);
    assertThat(client.abandon(unseen)).isInstanceOf(Outcome.Abandoned.class);
    assertThat(client.outcome(unseen)).isInstanceOf(Outcome.Abandoned.class);
  }

  @Test
  void stop_ofWhoLeadsBothGroups_handsBothOverWithoutAFailedCall() throws IOException {
    ObjectStore away = createAway();
    String both = WholeCluster.leader(client);
    lead("g1", both);
    List<Oid> oids = write(away, 1, "before");
    cluster.stop(both);
    oids.addAll(write(away, 5, "after"));
    write(client.store("main"), 5, "after");
    cluster.restart(both);
    awaitWhole();
    assertThat(away.view().readAll(oids)).hasSize(6);
  }

  private ObjectStore createAway() {
    client.admin().createGroup("g1");
    assertThat(client.admin().createStorage("away", "g1").group()).isEqualTo("g1");
    return client.store("away");
  }

  private StorageInfo storage(String name) {
    return client.admin().storages().stream()
        .filter(storage -> storage.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<Oid> write(ObjectStore store, int count, String text) {
    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String content = text + i;
      oids.add(store.run(tx -> tx.create(content, Codec.UTF8)));
    }
    return oids;
  }

  private String otherThan(String node) {
    return cluster.nodes().stream()
        .map(each -> each.config().nodeId())
        .filter(id -> !id.equals(node))
        .findFirst()
        .orElseThrow();
  }

  private void lead(String group, String node) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () ->
                leaderOf(group).equals(node)
                    || client.admin().transferLeadership(group, node).nodeId().equals(node));
  }

  private String leaderOf(String group) {
    return client.admin().status().groups().stream()
        .filter(each -> each.name().equals(group))
        .map(each -> each.leader().nodeId())
        .findFirst()
        .orElse("");
  }

  private static Set<String> leaders(ClusterStatus status) {
    Set<String> leaders = new HashSet<>(List.of(status.leader().nodeId()));
    status.groups().forEach(group -> leaders.add(group.leader().nodeId()));
    return leaders;
  }

  /** All nodes answer, and have applied all, in all groups. */
  private void awaitWhole() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              ClusterStatus status = client.admin().status();
              return status.leader().isKnown()
                  && inStep(status.nodes())
                  && status.groups().stream().allMatch(GroupsClusterTest::isWhole);
            });
  }

  private static boolean isWhole(GroupStatus group) {
    return group.leader().isKnown() && inStep(group.nodes());
  }

  private static boolean inStep(List<io.troika.client.NodeStatus> nodes) {
    return nodes.size() == 3
        && nodes.stream().allMatch(node -> node.reachable() && node.lagEntries() == 0);
  }

  private void assertReplicasEqual(String storage) {
    VerifyReport report = client.admin().verify(storage, PATIENCE);
    assertThat(report.equal()).as("%s", report).isTrue();
    assertThat(report.replicas()).hasSize(3);
  }
}
