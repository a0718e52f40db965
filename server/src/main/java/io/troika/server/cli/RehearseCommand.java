package io.troika.server.cli;

import io.troika.client.ClusterAdmin;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.server.cli.logging.Logging;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.processes.ClusterReadiness;
import io.troika.server.cli.processes.DevPorts;
import io.troika.server.cli.processes.TemporaryDirectory;
import io.troika.server.config.NodeConfig;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import io.troika.server.node.Node;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Goes once through what a node meets in its life: start, commits, reads, a hand-over, a leader
 * that dies, the way back. The build runs it to learn which classes that takes, and archives them
 * (server/docs/adr/0005). Uses free ports of loopback and a temporary directory.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Go once through what a node meets, in this JVM; for the build's class archive.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all of it worked", "1:something did not"})
final class RehearseCommand implements Callable<Integer> {
  private static final int NODES = 3;
  private static final int COMMITS = 40;

  @Mixin HelpOption help;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Logging.errorsOnly();
    Path directory = Files.createTempDirectory("troika-rehearse-");
    try {
      ClusterLayout layout = DevPorts.layout(directory, NODES, 0);
      layout.write();
      try (LocalCluster cluster = LocalCluster.start(layout)) {
        ClusterReadiness.await(layout, () -> {});
        try (TroikaClient client = TroikaClient.connect(layout.endpoints());
            TroikaClient forgetful =
                TroikaClient.builder().endpoints(layout.endpoints()).cacheBytesMax(0).build()) {
          rehearse(cluster, client, forgetful.store("main"));
        }
      }
      return ExitCodes.OK;
    } finally {
      TemporaryDirectory.delete(directory);
    }
  }

  /**
   * @param forgetful has no cache, so it asks the nodes for what it reads
   */
  private static void rehearse(LocalCluster cluster, TroikaClient client, ObjectStore forgetful)
      throws IOException, InterruptedException {
    ObjectStore store = client.store("main");
    ClusterAdmin admin = client.admin();
    List<Oid> oids = store.run(tx -> List.of(tx.create(bytes(0)), tx.create(bytes(1))));
    work(List.of(store, forgetful), oids);
    var unusedStatus = admin.status();
    var unusedLeader = admin.transferLeadership("");
    work(List.of(store, forgetful), oids);
    cluster.layout().nodes().forEach(RehearseCommand::health);

    String stopped = leader(cluster);
    cluster.stop(stopped); // hands over first
    work(List.of(store, forgetful), oids);
    cluster.restart(stopped);
    ClusterReadiness.await(cluster.layout(), () -> {});

    String killed = leader(cluster);
    cluster.kill(killed);
    work(List.of(store, forgetful), oids);
    cluster.restart(killed);
    ClusterReadiness.await(cluster.layout(), () -> {});
    work(List.of(store, forgetful), oids);
  }

  /** As a container asks: this has to be fast more than all else. */
  private static void health(NodeConfig node) {
    int code =
        TroikaCommand.commandLine()
            .setOut(new PrintWriter(Writer.nullWriter(), false))
            .execute("health", "--endpoint", node.self().client().toString());
    if (code != ExitCodes.OK) {
      throw new IllegalStateException("node %s is not ready".formatted(node.nodeId()));
    }
  }

  private static void work(List<ObjectStore> stores, List<Oid> oids) {
    for (int i = 0; i < COMMITS; i++) {
      byte[] data = bytes(i);
      for (ObjectStore store : stores) {
        store.execute(
            tx -> {
              var unused = tx.read(oids.get(1));
              tx.readCurrent(oids.get(1));
              tx.write(oids.get(0), data);
            });
        try (var view = store.view()) {
          var unused = view.read(oids.get(0));
        }
      }
    }
  }

  private static String leader(LocalCluster cluster) {
    return cluster.nodes().stream()
        .filter(Node::leads)
        .map(Node::config)
        .map(NodeConfig::nodeId)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no node leads after a commit"));
  }

  private static byte[] bytes(int i) {
    return ("object " + i).getBytes(StandardCharsets.UTF_8);
  }
}
