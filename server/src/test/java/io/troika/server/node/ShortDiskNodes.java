package io.troika.server.node;

import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.NodeStatus;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.UnavailableException;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.StorageConfig;
import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Three nodes, all or one of them on a small disk on which the room becomes less than what is to be
 * kept free, and more again. Says what it finds on the standard output.
 */
final class ShortDiskNodes {
  static final String MARK = "> ";

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String ACKNOWLEDGED = "acknowledged";
  private static final Duration SOON = Duration.ofSeconds(4);
  private static final int OBJECT_BYTES = 50_000;
  private static final long RESERVE = 64 << 20;
  private static final long SHORT = 48 << 20;
  private static final long EXHAUSTED = 24 << 20;

  private final List<Oid> acknowledged = new ArrayList<>();
  private final LocalCluster cluster;
  private final TroikaClient client;
  private final ObjectStore store;
  private final Path ballast;

  private ShortDiskNodes(LocalCluster cluster, TroikaClient client, Path disk) {
    this.cluster = cluster;
    this.client = client;
    this.store = client.store("main");
    this.ballast = disk.resolve("ballast");
  }

  /** Arguments: the small disk, and who is on it: all, leader, follower, followers. */
  public static void main(String[] arguments) throws Exception {
    Path disk = Path.of(arguments[0]);
    String mode = arguments[1];
    Path root = Files.createTempDirectory(disk.getParent(), "nodes");
    Set<String> onIt =
        switch (mode) {
          case "all" -> Set.of("n1", "n2", "n3");
          case "followers" -> Set.of("n2", "n3");
          default -> Set.of("n3");
        };
    try (LocalCluster cluster = LocalCluster.start(layout(root, disk, onIt));
        TroikaClient client = WholeCluster.connect(cluster.layout().endpoints())) {
      ShortDiskNodes nodes = new ShortDiskNodes(cluster, client, disk);
      WholeCluster.awaitIt(client, PATIENCE);
      nodes.commit();
      switch (mode) {
        case "all" -> nodes.all();
        case "leader" -> nodes.leader();
        case "followers" -> nodes.followers();
        default -> nodes.follower();
      }
      nodes.makeRoom();
    }
    System.exit(0);
  }

  private static ClusterLayout layout(Path root, Path disk, Set<String> onIt) throws IOException {
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig usual : ClusterLayout.onFreePorts(root, 3).nodes()) {
      nodes.add(
          onIt.contains(usual.nodeId())
              ? new NodeConfig(
                  usual.nodeId(),
                  disk.resolve(usual.nodeId()),
                  usual.members(),
                  usual.raft(),
                  new StorageConfig(1 << 24, 1 << 24, RESERVE),
                  usual.limits())
              : usual);
    }
    return new ClusterLayout(root, nodes);
  }

  private void all() throws IOException {
    leaveFree(SHORT);
    await()
        .atMost(PATIENCE)
        .until(() -> cluster.nodes().stream().noneMatch(node -> node.health().ready()));
    String answer =
        await()
            .atMost(PATIENCE)
            .until(this::told, told -> told.contains("DISK_FULL") || told.equals(ACKNOWLEDGED));
    say("refused by DISK_FULL: " + answer.contains("DISK_FULL"));
    say("reads go on: " + allThere());
    say("not ready for: " + await().atMost(PATIENCE).until(this::reasons, "disk"::equals));
  }

  /**
   * What one transaction is told. Leadership moves off a short disk: a try that the old leader
   * never answered leaves the outcome unknown, whatever its successor says of the others.
   */
  private String told() {
    try (TroikaClient hasty =
        TroikaClient.builder()
            .endpoints(cluster.layout().endpoints())
            .callTimeout(SOON)
            .runTimeout(SOON)
            .build()) {
      hasty.store("main").run(tx -> tx.create(Bytes.wrap(new byte[1])));
      return ACKNOWLEDGED;
    } catch (UnavailableException | CommitOutcomeUnknownException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private String reasons() {
    return cluster.nodes().stream()
        .map(Node::health)
        .map(HealthReport::checks)
        .flatMap(checks -> checks.stream().filter(check -> !check.passed()))
        .map(Check::name)
        .distinct()
        .collect(Collectors.joining(","));
  }

  private void leader() throws IOException {
    client.admin().transferLeadership("n3");
    leaveFree(SHORT);
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> !client.admin().status().leader().nodeId().equals("n3"));
    commit();
    say("another one leads: " + !client.admin().status().leader().nodeId().equals("n3"));
  }

  private void follower() throws IOException {
    client.admin().transferLeadership("n1");
    leaveFree(EXHAUSTED);
    await().atMost(PATIENCE).until(() -> !cluster.nodes().get(2).health().ready());
    for (int i = 0; i < 50; i++) {
      commit();
    }
    NodeStatus last =
        await()
            .atMost(PATIENCE)
            .until(this::last, node -> node.reachable() && node.lagEntries() >= 40);
    say("it lags: " + (last.lagEntries() >= 40));
  }

  private NodeStatus last() {
    return client.admin().status().nodes().stream()
        .filter(node -> node.nodeId().equals("n3"))
        .findFirst()
        .orElseThrow();
  }

  private void followers() throws IOException {
    client.admin().transferLeadership("n1");
    leaveFree(EXHAUSTED);
    String answer =
        await()
            .atMost(PATIENCE)
            .until(this::told, told -> told.contains("the disks of nodes n2, n3"));
    say("refused by DISK_FULL: " + answer.contains("DISK_FULL"));
    say("reads go on: " + allThere());
  }

  private void makeRoom() throws IOException {
    say("all alive: " + !cluster.whenAnyBroken().isDone());
    Files.delete(ballast);
    await()
        .atMost(PATIENCE)
        .until(() -> cluster.nodes().stream().allMatch(node -> node.health().ready()));
    int before = acknowledged.size();
    commit();
    say("writes again: " + (acknowledged.size() > before));
    WholeCluster.awaitIt(client, PATIENCE);
    say("all there: " + allThere());
    say("equal: " + client.admin().verify("main", PATIENCE).equal());
  }

  private boolean allThere() {
    return store.view().readAll(acknowledged).size() == acknowledged.size();
  }

  private void leaveFree(long bytes) throws IOException {
    byte[] block = new byte[1 << 20];
    try (var out = Files.newOutputStream(ballast)) {
      while (Files.getFileStore(ballast).getUsableSpace() > bytes) {
        out.write(block);
      }
    }
  }

  private void commit() {
    acknowledged.add(store.run(tx -> tx.create(Bytes.wrap(new byte[OBJECT_BYTES]))));
  }

  /** Marked, because the nodes write their logs there as well. */
  private static void say(String finding) {
    System.out.println(MARK + finding);
  }
}
