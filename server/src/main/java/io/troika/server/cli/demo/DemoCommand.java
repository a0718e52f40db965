package io.troika.server.cli.demo;

import io.troika.server.cli.options.Arguments;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.HelpOption;
import io.troika.server.cli.processes.ClusterReadiness;
import io.troika.server.cli.processes.LogTail;
import io.troika.server.cli.processes.NodeProcesses;
import io.troika.server.cli.processes.TemporaryDirectory;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows on real data that nothing is lost when the leader is killed. */
@Command(
    name = "demo",
    description = {
      "Load real data into three nodes, kill the leader, check all.",
      "SIGKILL hits the leader while a client writes and another reads; then everything",
      "is read back, the dead node restarted and all replicas are compared.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing lost, nothing duplicated, no stale read, replicas equal",
      "1:the demo could not be run to its end",
      "4:it ran, and one of these is not so",
    })
public final class DemoCommand implements Callable<Integer> {
  private static final int NODES = 3;
  private static final double NANOS_PER_SECOND = 1e9;

  @Mixin HelpOption help;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "Data.fs",
      description = "A ZODB FileStorage. Default: the classes of the JDK's java.base.")
  private @Nullable Path dataFs;

  @Override
  public Integer call() throws IOException, InterruptedException, DemoException {
    if (dataFs != null) {
      Arguments.requireReadable(dataFs);
      DemoRun.check(dataFs);
    }
    Path directory = Files.createTempDirectory("troika-demo-");
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, NODES);
    layout.write();
    PrintWriter out = spec.commandLine().getOut();
    try (CleanUp cleanUp = new CleanUp(directory)) {
      NodeProcesses nodes = cleanUp.nodes(NodeProcesses.start(layout));
      DemoResult result = run(nodes, step(out));
      out.println();
      DemoTable.lines(result).forEach(out::println);
      out.println();
      out.println(result.isGood() ? "All promises were kept." : "NOT all promises were kept.");
      out.flush();
      return result.isGood() ? ExitCodes.OK : ExitCodes.NOT_VERIFIED;
    }
  }

  private DemoResult run(NodeProcesses nodes, Steps steps)
      throws IOException, InterruptedException, DemoException {
    ClusterLayout layout = nodes.layout();
    steps.accept("Starting nodes n1, n2 and n3 in " + layout.directory());
    try {
      ClusterReadiness.await(layout, nodes::requireAlive);
      for (String id : nodes.ids()) {
        steps.accept("  %s: process %s".formatted(id, nodes.pid(id)));
      }
      return DemoRun.run(new Processes(nodes), dataFs, steps);
    } catch (IOException | RuntimeException | DemoException e) {
      // The directory is about to go: show what would have been looked for in it.
      for (String id : List.of("n1", "n2", "n3")) {
        LogTail.of(nodes.log(id)).forEach(line -> steps.accept("  " + id + "> " + line));
      }
      throw e;
    }
  }

  private static Steps step(PrintWriter out) {
    long start = System.nanoTime();
    return text -> {
      double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
      out.println(String.format(Locale.ROOT, "[%6.1f s] %s", seconds, text));
      out.flush();
    };
  }

  private interface Steps extends Consumer<String> {}

  /** The processes as the demo sees them. */
  private record Processes(NodeProcesses nodes) implements DemoCluster {
    @Override
    public String endpoints() {
      return nodes.layout().endpoints();
    }

    @Override
    public String runningEndpoints() {
      return nodes.layout().nodes().stream()
          .filter(node -> nodes.ids().contains(node.nodeId()))
          .map(node -> node.self().client().toString())
          .collect(Collectors.joining(","));
    }

    @Override
    public void kill(String nodeId) throws InterruptedException {
      nodes.kill(nodeId);
    }

    @Override
    public void restart(String nodeId) throws IOException {
      nodes.start(nodeId);
    }
  }

  /** Leaves nothing behind, whether the demo ends, fails or is interrupted by a signal. */
  private static final class CleanUp implements AutoCloseable {
    private final Path directory;
    private final Thread onSignal = new Thread(this::clean, "clean-up");
    private @Nullable NodeProcesses nodes;

    CleanUp(Path directory) {
      this.directory = directory;
      Runtime.getRuntime().addShutdownHook(onSignal);
    }

    synchronized NodeProcesses nodes(NodeProcesses started) {
      nodes = started;
      return started;
    }

    private synchronized void clean() {
      if (nodes != null) {
        nodes.close();
      }
      if (Files.exists(directory)) {
        TemporaryDirectory.delete(directory);
      }
    }

    @Override
    public void close() {
      clean();
    }
  }
}
