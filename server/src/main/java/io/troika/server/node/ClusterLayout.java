package io.troika.server.node;

import static io.troika.server.core.model.Checks.requireArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.config.FreePorts;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.config.NodeConfigLoader;
import io.troika.server.config.ZeoConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Several nodes on one machine: each has a directory {@code n1}, {@code n2}, … below a common one,
 * with its configuration file and its data.
 *
 * @param nodes their configurations, n1 first
 */
public record ClusterLayout(Path directory, List<NodeConfig> nodes) {
  private static final String HOST = "127.0.0.1";
  private static final int KINDS = 5;
  private static final int KIND_STEP = 10;
  private static final int SIZE_MAX = 9;
  private static final int PORT_MAX = 65_535;

  /** The highest base for {@link #onPorts}. */
  public static final int BASE_MAX = PORT_MAX - KINDS * KIND_STEP;

  public ClusterLayout {
    nodes = List.copyOf(nodes);
  }

  /**
   * Nodes whose client ports are {@code base + 1}, {@code base + 2}, …; those for peers lie 10 and
   * 20 above, those for ZEO clients 30, those for HTTP 40.
   */
  public static ClusterLayout onPorts(Path directory, int size, int base) {
    requireSize(size);
    requireArgument(
        base >= 1 && base <= BASE_MAX, "port base %s: expected 1 to %s", base, BASE_MAX);
    List<Integer> ports = new ArrayList<>();
    for (int i = 1; i <= size; i++) {
      for (int kind = 0; kind < KINDS; kind++) {
        ports.add(base + kind * KIND_STEP + i);
      }
    }
    return of(directory, size, ports);
  }

  /** Nodes on ports that are free at this moment; somebody may still take one before they start. */
  public static ClusterLayout onFreePorts(Path directory, int size) throws IOException {
    requireSize(size);
    return of(directory, size, FreePorts.take(KINDS * size));
  }

  /** What {@link #write} left in the directory; empty when there is nothing. */
  public static ClusterLayout read(Path directory) {
    List<NodeConfig> nodes = new ArrayList<>();
    for (int i = 1; i <= SIZE_MAX; i++) {
      Path file = configFile(directory, "n" + i);
      if (Files.exists(file)) {
        nodes.add(new NodeConfigLoader().file(file).load());
      }
    }
    return new ClusterLayout(directory, nodes);
  }

  private static void requireSize(int size) {
    requireArgument(size >= 1 && size <= SIZE_MAX, "%s nodes: expected 1 to %s", size, SIZE_MAX);
  }

  private static ClusterLayout of(Path directory, int size, List<Integer> ports) {
    List<MemberConfig> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      members.add(
          new MemberConfig(
              "n" + (i + 1),
              new HostAndPort(HOST, ports.get(KINDS * i + 1)),
              new HostAndPort(HOST, ports.get(KINDS * i + 2)),
              new HostAndPort(HOST, ports.get(KINDS * i))));
    }
    List<NodeConfig> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String id = members.get(i).nodeId();
      HostAndPort zeo = new HostAndPort(HOST, ports.get(KINDS * i + 3));
      HostAndPort http = new HostAndPort(HOST, ports.get(KINDS * i + 4));
      nodes.add(
          NodeConfig.withDefaults(id, directory.resolve(id).resolve("data"), members)
              .withZeo(ZeoConfig.DEFAULT.listeningOn(zeo))
              .withHttp(http));
    }
    return new ClusterLayout(directory, nodes);
  }

  /** The same nodes, creating the storages that ZEO clients name, or not. */
  public ClusterLayout creatingMissingStorages(boolean create) {
    return new ClusterLayout(
        directory,
        nodes.stream()
            .map(node -> node.withZeo(node.zeo().creatingMissingStorages(create)))
            .toList());
  }

  /** Where ZEO clients find the nodes, separated by commas. */
  public String zeoAddresses() {
    return nodes.stream()
        .map(node -> String.valueOf(node.zeo().listen()))
        .collect(Collectors.joining(","));
  }

  /** Where health and metrics are answered, separated by commas. */
  public String httpAddresses() {
    return nodes.stream()
        .map(node -> String.valueOf(node.httpListen()))
        .collect(Collectors.joining(","));
  }

  /** Writes each node's configuration file, so that the same nodes can be started again. */
  public void write() throws IOException {
    for (NodeConfig node : nodes) {
      Path file = configFile(node.nodeId());
      Files.createDirectories(file.resolveSibling("data"));
      Files.writeString(file, NodeConfigLoader.render(node), UTF_8);
    }
  }

  /** Where {@link #write} puts a node's configuration. */
  public Path configFile(String nodeId) {
    return configFile(directory, nodeId);
  }

  private static Path configFile(Path directory, String nodeId) {
    return directory.resolve(nodeId).resolve("troika.conf");
  }

  /** All client addresses, separated by commas, as the client takes them. */
  public String endpoints() {
    return nodes.stream()
        .map(node -> node.self().client().toString())
        .collect(Collectors.joining(","));
  }
}
