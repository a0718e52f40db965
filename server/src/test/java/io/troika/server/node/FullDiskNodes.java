package io.troika.server.node;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.StorageConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * Three nodes, of which n3 has a small disk. Commits until n3 breaks, and some more; makes room and
 * starts n3 again. If it led it may have tried to note the next term, once it was deposed, and then
 * its raft-meta is empty. Says what it finds on the standard output.
 */
final class FullDiskNodes {
  static final String MARK = "> ";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int COMMITS_MAX = 1_000;
  private static final int OBJECT_BYTES = 100_000;
  private static final long ROOM_BYTES = 12 << 20;

  private final List<Oid> acknowledged = new ArrayList<>();
  private final Random random = new Random(1);

  private FullDiskNodes() {}

  /** Arguments: the small disk, and the node that leads at first. */
  public static void main(String[] arguments) throws Exception {
    Path root = Files.createTempDirectory(Path.of(arguments[0]).getParent(), "nodes");
    try (LocalCluster cluster = LocalCluster.start(layout(root, Path.of(arguments[0])));
        TroikaClient client = TroikaClient.connect(cluster.layout().endpoints())) {
      new FullDiskNodes().run(cluster, client, Path.of(arguments[0]), arguments[1]);
    }
    System.exit(0); // a broken node's threads are not waited for
  }

  private static ClusterLayout layout(Path root, Path smallDisk) throws IOException {
    ClusterLayout usual = ClusterLayout.onFreePorts(root, 3);
    List<NodeConfig> nodes = new ArrayList<>(usual.nodes());
    NodeConfig last = nodes.remove(2);
    nodes.add(
        new NodeConfig(
            last.nodeId(),
            smallDisk.resolve("data"),
            last.members(),
            last.raft(),
            new StorageConfig(1 << 26, 1 << 26, 0), // or it would refuse before
            last.limits()));
    return new ClusterLayout(root, nodes);
  }

  private void run(LocalCluster cluster, TroikaClient client, Path disk, String leader)
      throws IOException {
    WholeCluster.awaitIt(client, PATIENCE);
    if (!client.admin().status().leader().nodeId().equals(leader)) {
      client.admin().transferLeadership(leader);
    }
    Path ballast = disk.resolve("ballast");
    fill(ballast, Files.getFileStore(disk).getUsableSpace() - ROOM_BYTES);
    ObjectStore store = client.store("main");
    CompletableFuture<Throwable> broken = cluster.nodes().get(2).whenBroken();

    for (int i = 0; i < COMMITS_MAX && !broken.isDone(); i++) {
      commit(store);
    }
    say("broken: " + (broken.isDone() ? causes(broken.join()) : "no"));
    int before = acknowledged.size();
    for (int i = 0; i < 10; i++) {
      commit(store);
    }
    say("the others go on: " + (acknowledged.size() > before));

    cluster.kill("n3");
    Files.delete(ballast);
    cluster.restart("n3");
    WholeCluster.awaitIt(client, PATIENCE);
    say("all there: " + (store.view().readAll(acknowledged).size() == acknowledged.size()));
    say("equal: " + client.admin().verify("main", PATIENCE).equal());
  }

  private static void fill(Path file, long bytes) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      byte[] block = new byte[1 << 20];
      for (long written = 0; written < bytes; written += block.length) {
        out.write(block);
      }
    }
  }

  /**
   * An outcome that stays unknown is allowed while the leader breaks: then nothing was promised.
   */
  private void commit(ObjectStore store) {
    byte[] data = new byte[OBJECT_BYTES];
    random.nextBytes(data);
    try {
      acknowledged.add(store.run(tx -> tx.create(Bytes.wrap(data))));
    } catch (TroikaException e) {
      System.err.println("not acknowledged: " + e);
    }
  }

  /** Marked, because the nodes write their logs there as well. */
  private static void say(String finding) {
    System.out.println(MARK + finding);
  }

  private static String causes(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      text.append(each).append(" | ");
    }
    return text.toString().replace('\n', ' ');
  }
}
