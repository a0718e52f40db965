package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Three (or more) nodes as processes on loopback. {@link #close} leaves no process behind, paused
 * ones included; the data directory is the caller's.
 */
public final class ProcessCluster implements AutoCloseable {
  private final Path directory;
  private final String[] extraSettings;
  private final List<NodeProcess> nodes;
  private int lastNumber;

  private ProcessCluster(Path directory, String[] extraSettings, List<NodeProcess> nodes) {
    this.directory = directory;
    this.extraSettings = extraSettings;
    this.nodes = new CopyOnWriteArrayList<>(nodes);
    this.lastNumber = nodes.size();
  }

  /** Starts one more node, which waits to be added. */
  public NodeProcess join() throws IOException {
    List<Integer> ports = FreePorts.take(4);
    String id = "n" + ++lastNumber;
    StringBuilder members = new StringBuilder("members {\n");
    nodes.forEach(node -> members.append(node.member()));
    members.append(member(id, ports, 0)).append("}\nraft.join = true\n");
    NodeProcess node = prepare(directory, id, ports, 0, members, own -> Map.of(), extraSettings);
    nodes.add(node);
    node.start();
    return node;
  }

  /** Ends a node that does not belong to the cluster any more. */
  public void forget(NodeProcess node) throws IOException, InterruptedException {
    nodes.remove(node);
    if (node.isRunning()) {
      node.kill();
    }
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
    ProcessCluster cluster =
        new ProcessCluster(
            directory, extraSettings, prepare(directory, size, environment, extraSettings));
    for (NodeProcess node : cluster.nodes) {
      node.start();
    }
    return cluster;
  }

  private static List<NodeProcess> prepare(
      Path directory,
      int size,
      Function<Path, Map<String, String>> environment,
      String... extraSettings)
      throws IOException {
    List<Integer> ports = FreePorts.take(4 * size);
    StringBuilder members = new StringBuilder("members {\n");
    for (int i = 0; i < size; i++) {
      members.append(member("n" + (i + 1), ports, 4 * i));
    }
    members.append("}\n");
    List<NodeProcess> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      nodes.add(
          prepare(directory, "n" + (i + 1), ports, 4 * i, members, environment, extraSettings));
    }
    return nodes;
  }

  private static String member(String id, List<Integer> ports, int first) {
    return "  %s { raft = \"127.0.0.1:%s\", peer = \"127.0.0.1:%s\", client = \"127.0.0.1:%s\" }\n"
        .formatted(id, ports.get(first), ports.get(first + 1), ports.get(first + 2));
  }

  private static NodeProcess prepare(
      Path directory,
      String id,
      List<Integer> ports,
      int first,
      CharSequence members,
      Function<Path, Map<String, String>> environment,
      String... extraSettings)
      throws IOException {
    Path own = Files.createDirectories(directory.resolve(id));
    Path config = own.resolve("troika.conf");
    String zeo = "127.0.0.1:" + ports.get(first + 3);
    Files.writeString(
        config,
        "node-id = %s\ndata-directory = \"%s\"\nzeo.listen = \"%s\"\n%s%s\n"
            .formatted(id, own.resolve("data"), zeo, members, String.join("\n", extraSettings)));
    NodeProcess.Addresses addresses =
        new NodeProcess.Addresses(
            "127.0.0.1:" + ports.get(first + 2),
            "127.0.0.1:" + ports.get(first + 1),
            zeo,
            member(id, ports, first));
    return new NodeProcess(id, addresses, own, serve(config), environment.apply(own));
  }

  /**
   * Heap and collector are the launcher's. Without the optimizing compiler: of nodes that live for
   * seconds, three on one small machine, it takes more than it gives. {@code
   * troika.test.node.options} replaces that. With {@code troika.test.server} it is the packaged
   * server of that directory, with its class-data archive, as the launcher starts it; else the
   * classes that this JVM has.
   */
  private static List<String> serve(Path config) {
    List<String> command = new ArrayList<>();
    command.add(javaBinary());
    command.add("-Xmx512m");
    command.add("-XX:+UseParallelGC");
    String extra = System.getProperty("troika.test.node.options", "-XX:TieredStopAtLevel=1");
    if (!extra.isBlank()) {
      command.addAll(List.of(extra.trim().split(" +")));
    }
    command.addAll(program());
    command.add("serve");
    command.add("--config");
    command.add(config.toString());
    return command;
  }

  static String javaBinary() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static List<String> program() {
    String packaged = System.getProperty("troika.test.server");
    if (packaged == null) {
      String classPath = System.getProperty("java.class.path");
      return List.of("-cp", classPath, "io.troika.server.cli.TroikaCommand");
    }
    Path target = Path.of(packaged);
    return List.of(
        "-XX:SharedArchiveFile=" + target.resolve("troika-classes.jsa"),
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off",
        "-jar",
        target
            .resolve("troika-server-" + System.getProperty("troika.version") + ".jar")
            .toString());
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
