package io.troika.it.cluster;

import io.troika.it.cluster.NodeProcess.Addresses;
import io.troika.server.config.FreePorts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Three (or more) nodes as processes, on loopback if not said otherwise. {@link #close} leaves no
 * process behind, paused ones included; the data directory is the caller's.
 */
public final class ProcessCluster implements AutoCloseable {
  private static final long COMMAND_SECONDS_MAX = 120;

  private final NodeFiles files;
  private final Hosts hosts;
  private final List<NodeProcess> nodes = new CopyOnWriteArrayList<>();
  private int lastNumber;

  private ProcessCluster(Hosts hosts, NodeFiles files) {
    this.hosts = hosts;
    this.files = files;
  }

  /** Writes the configuration of {@code size} nodes below {@code directory} and starts them. */
  public static ProcessCluster start(Path directory, int size, String... extraSettings)
      throws IOException {
    return start(directory, size, own -> Map.of(), extraSettings);
  }

  /**
   * The same, with more in the environment of each node.
   *
   * @param environment for a node's own directory
   */
  public static ProcessCluster start(
      Path directory,
      int size,
      Function<Path, Map<String, String>> environment,
      String... extraSettings)
      throws IOException {
    return start(
        Hosts.LOOPBACK, size, new NodeFiles(directory, environment, List.of(extraSettings)));
  }

  /** The same, on hosts of their own. */
  public static ProcessCluster start(Path directory, int size, Hosts hosts, String... extraSettings)
      throws IOException {
    return start(hosts, size, new NodeFiles(directory, own -> Map.of(), List.of(extraSettings)));
  }

  /** The same, with both. */
  public static ProcessCluster start(
      Path directory,
      int size,
      Hosts hosts,
      Function<Path, Map<String, String>> environment,
      String... extraSettings)
      throws IOException {
    return start(hosts, size, new NodeFiles(directory, environment, List.of(extraSettings)));
  }

  /** Starts nodes of another build, as {@link #runAs} says. */
  public static ProcessCluster ofBuild(Path directory, int size, Path target) throws IOException {
    NodeFiles files = new NodeFiles(directory, own -> Map.of(), List.of());
    ProcessCluster cluster = prepare(Hosts.LOOPBACK, size, files);
    cluster.runAs(target);
    return cluster.start();
  }

  private static ProcessCluster start(Hosts hosts, int size, NodeFiles files) throws IOException {
    return prepare(hosts, size, files).start();
  }

  private static ProcessCluster prepare(Hosts hosts, int size, NodeFiles files) throws IOException {
    ProcessCluster cluster = new ProcessCluster(hosts, files);
    List<Addresses> members = cluster.take(size);
    for (Addresses own : members) {
      cluster.nodes.add(cluster.prepare(own, members, ""));
    }
    return cluster;
  }

  private ProcessCluster start() throws IOException {
    for (NodeProcess node : nodes) {
      node.start();
    }
    return this;
  }

  /**
   * All are run from now on by the packaged server of another build, each from its next start on.
   *
   * @param target the directory {@code server/target} of that build
   */
  public void runAs(Path target) {
    for (NodeProcess node : nodes) {
      node.runAs(NodeFiles.ofBuild(target, node));
    }
  }

  /**
   * Runs a command of an operator with the launcher of a build; it has to end well.
   *
   * @param target the directory {@code server/target} of that build
   */
  public void command(Path target, String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(NodeFiles.client(target));
    command.addAll(List.of(words));
    command.add("--endpoints=" + endpoints());
    Process process = new ProcessBuilder(command).inheritIO().start();
    if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("failed: " + String.join(" ", words));
    }
  }

  /**
   * Runs a command of an operator with the build that the nodes are of.
   *
   * @param log to which what it says is appended
   * @return its exit status
   */
  public int tryCommand(Path log, String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(NodeFiles.javaBinary()));
    command.addAll(NodeFiles.program());
    command.addAll(List.of(words));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IOException("did not end in time: " + String.join(" ", words));
      }
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** Starts one more node, which waits to be added. */
  public NodeProcess join() throws IOException {
    List<Addresses> members = new ArrayList<>(nodes.stream().map(NodeProcess::addresses).toList());
    Addresses own = take(1).get(0);
    members.add(own);
    NodeProcess node = prepare(own, members, "raft.join = true");
    nodes.add(node);
    node.start();
    return node;
  }

  private NodeProcess prepare(Addresses own, List<Addresses> members, String more)
      throws IOException {
    return files.prepare(own, members, more, hosts.prefix(own.id()));
  }

  /** Of nodes with ids that none has had, on ports that are free. */
  private List<Addresses> take(int count) throws IOException {
    List<Addresses> taken = new ArrayList<>();
    List<Integer> ports = FreePorts.take(4 * count);
    for (int i = 0; i < ports.size(); i += 4) {
      lastNumber++;
      String id = "n" + lastNumber;
      String host = hosts.address(id) + ":";
      taken.add(
          new Addresses(
              id,
              host + ports.get(i),
              host + ports.get(i + 1),
              host + ports.get(i + 2),
              host + ports.get(i + 3)));
    }
    return taken;
  }

  /** Ends a node that does not belong to the cluster any more. */
  public void forget(NodeProcess node) throws IOException, InterruptedException {
    nodes.remove(node);
    if (node.isRunning()) {
      node.kill();
    }
  }

  /** All nodes, n1 first. */
  public List<NodeProcess> nodes() {
    return List.copyOf(nodes);
  }

  /** The node with this id. */
  public NodeProcess node(String id) {
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst().orElseThrow();
  }

  /** All client addresses, comma-separated, as the client takes them. */
  public String endpoints() {
    return nodes.stream().map(NodeProcess::clientAddress).collect(Collectors.joining(","));
  }

  /** All addresses for ZEO clients, comma-separated. */
  public String zeoAddresses() {
    return nodes.stream().map(NodeProcess::zeoAddress).collect(Collectors.joining(","));
  }

  @Override
  public void close() throws IOException {
    IOException first = null;
    for (NodeProcess node : nodes) {
      try {
        if (node.isRunning()) {
          node.kill();
        }
      } catch (IOException e) {
        first = first == null ? e : first;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
