package io.troika.server.cli.serve;

import io.troika.server.cli.backups.NodeCopier;
import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.output.TextTable;
import io.troika.server.cli.processes.ClusterReadiness;
import io.troika.server.cli.processes.DevPorts;
import io.troika.server.cli.processes.NodeProcesses;
import io.troika.server.cli.processes.TemporaryDirectory;
import io.troika.server.config.NodeConfig;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A whole cluster on this machine, for development. */
@Command(
    name = "dev",
    description = "Run three nodes on loopback until Ctrl-C or SIGTERM.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:stopped as asked", "1:could not start, or all nodes have ended"})
public final class DevCommand implements Callable<Integer> {
  private static final int NODES_MAX = 9;
  private static final int NODES_DEFAULT = 3;

  @Mixin HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--processes", description = "One process a node instead of one for all.")
  private boolean processes;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Keep the data here, ports included. Default: a temporary directory.")
  private @Nullable Path data;

  @Option(
      names = "--ports",
      paramLabel = "BASE",
      description = {
        "Clients at BASE+1 to BASE+3, peers at BASE+11 to BASE+23,",
        "ZEO clients at BASE+31 to BASE+33, HTTP at BASE+41 to BASE+43;",
        "0: free ones. Default: 7400 if those are free, else free ones.",
      })
  private @Nullable Integer ports;

  @Option(
      names = "--nodes",
      paramLabel = "COUNT",
      description = "How many nodes, 1 to 9. Default: 3, or as many as DIR has.")
  private @Nullable Integer size;

  @Option(
      names = "--ready-file",
      paramLabel = "FILE",
      description = "Written once all nodes can serve: their ids, pids and addresses.")
  private @Nullable Path readyFile;

  @Option(
      names = "--create-missing-storages",
      description = "Create a storage, empty, when a ZEO client names it.")
  private boolean createMissingStorages;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (readyFile != null) {
      Files.deleteIfExists(readyFile);
    }
    int nodes =
        Arguments.inRange(spec, "--nodes", size == null ? NODES_DEFAULT : size, 1, NODES_MAX);
    if (ports != null) {
      int unused = Arguments.inRange(spec, "--ports", ports, 0, ClusterLayout.BASE_MAX);
    }
    boolean temporary = data == null;
    Path directory =
        temporary ? Files.createTempDirectory("troika-dev-") : Files.createDirectories(data);
    Runnable cleanUp = temporary ? () -> TemporaryDirectory.delete(directory) : () -> {};
    ClusterLayout layout;
    try {
      layout = layout(directory.toAbsolutePath(), nodes);
    } catch (IOException | RuntimeException e) {
      cleanUp.run();
      throw e;
    }
    // From here on the end of this JVM is ours: whatever can be wrong with the arguments was found.
    StopSignal stop = StopSignal.install();
    stop.whenAsked(cleanUp);
    try {
      if (processes) {
        runProcesses(layout, stop, cleanUp);
      } else {
        runHere(layout, stop, cleanUp);
      }
    } catch (IOException | RuntimeException e) {
      stop.failed(e);
      throw e;
    }
    return stop.await();
  }

  private ClusterLayout layout(Path directory, int nodes) throws IOException {
    ClusterLayout kept = ClusterLayout.read(directory);
    if (!kept.nodes().isEmpty()) {
      if (ports != null) {
        throw new ParameterException(
            spec.commandLine(),
            "--ports: %s was made with other ports, which its nodes keep".formatted(directory));
      }
      if (size != null && size != kept.nodes().size()) {
        throw new ParameterException(
            spec.commandLine(),
            "--nodes: %s was made with %s nodes, and keeps them"
                .formatted(directory, kept.nodes().size()));
      }
      requireSameStorages(directory, kept);
      return kept;
    }
    ClusterLayout layout =
        DevPorts.layout(directory, nodes, ports).creatingMissingStorages(createMissingStorages);
    layout.write();
    return layout;
  }

  private void requireSameStorages(Path directory, ClusterLayout kept) {
    boolean creating = kept.nodes().stream().allMatch(node -> node.zeo().createMissingStorages());
    if (createMissingStorages && !creating) {
      throw new ParameterException(
          spec.commandLine(),
          ("--create-missing-storages: %s was made without it; set zeo.create-missing-storages in"
                  + " each node's troika.conf there")
              .formatted(directory));
    }
  }

  private void runHere(ClusterLayout layout, StopSignal stop, Runnable cleanUp)
      throws IOException, InterruptedException {
    LocalCluster cluster = LocalCluster.start(layout, NodeCopier::copy);
    stop.whenAsked(
        () -> {
          cluster.close();
          cleanUp.run();
        });
    var unused = cluster.whenAnyBroken().thenAccept(cause -> stop.broken((Throwable) cause));
    ClusterReadiness.await(layout, () -> {});
    announce(layout, id -> ProcessHandle.current().pid());
  }

  private void runProcesses(ClusterLayout layout, StopSignal stop, Runnable cleanUp)
      throws IOException, InterruptedException {
    NodeProcesses nodes = NodeProcesses.start(layout);
    stop.whenAsked(
        () -> {
          nodes.close();
          cleanUp.run();
        });
    ClusterReadiness.await(layout, nodes::requireAlive);
    announce(layout, nodes::pid);
    watch(nodes, stop);
  }

  /** A node that ends is something to try out here: the others go on as long as there are any. */
  private void watch(NodeProcesses nodes, StopSignal stop) {
    PrintWriter out = spec.commandLine().getOut();
    Thread watcher =
        new Thread(
            () -> {
              try {
                nodes.awaitAllEnded(
                    (id, code) -> {
                      out.printf("Node %s ended with exit code %s; the others go on%n", id, code);
                      out.flush();
                    });
                stop.broken(new IOException("all nodes have ended"));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "nodes");
    watcher.setDaemon(true);
    watcher.start();
  }

  private void announce(ClusterLayout layout, ToLongFunction<String> pids) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    TextTable table =
        new TextTable("NODE", ">PID", "CLIENTS", "ZEO", "PEERS (RAFT)", "PEERS", "DATA");
    for (NodeConfig node : layout.nodes()) {
      table.row(
          node.nodeId(),
          pids.applyAsLong(node.nodeId()),
          node.self().client(),
          String.valueOf(node.zeo().listen()),
          node.self().raft(),
          node.self().peer(),
          node.dataDirectory());
    }
    table.lines().forEach(out::println);
    out.println();
    out.println("Ready. TROIKA_ENDPOINTS=" + layout.endpoints());
    out.println("ZEO clients: " + layout.zeoAddresses());
    out.println("Status page: http://" + layout.nodes().get(0).httpListen() + "/");
    out.println("HTTP: " + layout.httpAddresses() + " (/, /metrics, /livez, /readyz?verbose)");
    out.println("Ctrl-C stops all nodes.");
    out.flush();
    if (readyFile != null) {
      ReadyFile.write(readyFile, layout, pids);
    }
  }
}
