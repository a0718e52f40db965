package io.troika.it.compose;

import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterStatus;
import io.troika.client.NodeStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.FreePorts;
import io.troika.it.cluster.Replicas;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The three containers of {@code docker/compose.yml} as a project of its own, on free ports. {@link
 * #close} takes them down with their volumes, networks and images.
 */
final class ComposeCluster implements AutoCloseable {
  static final List<String> NODES = List.of("n1", "n2", "n3");
  private static final String PROJECT = "troika-it";
  private static final String IMAGE = "troika-it:first";
  private static final String NEXT_IMAGE = "troika-it:next";
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long LAG_ENTRIES_MAX = 200; // under load nobody is at 0 for long

  private final Docker docker;
  private final String file;
  private final List<String> endpoints;
  private final List<Integer> zeoPorts;
  private final TroikaClient client;

  private ComposeCluster(
      Docker docker, String file, List<String> endpoints, List<Integer> zeoPorts) {
    this.docker = docker;
    this.file = file;
    this.endpoints = List.copyOf(endpoints);
    this.zeoPorts = List.copyOf(zeoPorts);
    this.client = TroikaClient.connect(endpoints());
  }

  /** Builds the image and starts the nodes, as a user does, with the file of this tree. */
  static ComposeCluster start(Path composeFile) throws IOException, InterruptedException {
    List<Integer> ports = FreePorts.take(3 * NODES.size());
    Map<String, String> environment = new HashMap<>();
    List<String> endpoints = new ArrayList<>();
    List<Integer> zeoPorts = new ArrayList<>();
    environment.put("TROIKA_IMAGE", IMAGE);
    for (int i = 0; i < NODES.size(); i++) {
      int grpc = ports.get(3 * i);
      int zeo = ports.get(3 * i + 1);
      environment.put("N%s_GRPC_PORT".formatted(i + 1), Integer.toString(grpc));
      environment.put("N%s_ZEO_PORT".formatted(i + 1), Integer.toString(zeo));
      environment.put("N%s_HTTP_PORT".formatted(i + 1), Integer.toString(ports.get(3 * i + 2)));
      endpoints.add("127.0.0.1:" + grpc);
      zeoPorts.add(zeo);
    }
    ComposeCluster cluster =
        new ComposeCluster(new Docker(environment), composeFile.toString(), endpoints, zeoPorts);
    try {
      cluster.compose("up", "-d", "--build", "--wait");
      return cluster;
    } catch (IOException | InterruptedException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private String compose(String... arguments) throws IOException, InterruptedException {
    return docker.run(composeCommand(arguments));
  }

  private String[] composeCommand(String... arguments) {
    List<String> command = new ArrayList<>(List.of("compose", "-p", PROJECT, "-f", file));
    command.addAll(List.of(arguments));
    return command.toArray(String[]::new);
  }

  /** All published addresses for Java clients, as a client takes them. */
  String endpoints() {
    return String.join(",", endpoints);
  }

  /** The published ports for ZEO clients, n1's first. */
  List<Integer> zeoPorts() {
    return zeoPorts;
  }

  TroikaClient client() {
    return client;
  }

  /** The node that leads now. */
  String leader() {
    String[] id = {""};
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              id[0] = client.admin().status().leader().nodeId();
              return !id[0].isEmpty();
            });
    return id[0];
  }

  /** Waits until each node answers at its published port, is in step, and one leads. */
  void awaitWhole() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> isWhole(client.admin().status()));
    for (String endpoint : endpoints) {
      try (TroikaClient one = TroikaClient.connect(endpoint)) {
        await()
            .atMost(PATIENCE)
            .ignoreExceptionsInstanceOf(TroikaException.class)
            .until(() -> isWhole(one.admin().status()));
      }
    }
  }

  private static boolean isWhole(ClusterStatus status) {
    return status.leader().isKnown()
        && status.nodes().size() == NODES.size()
        && status.nodes().stream().allMatch(NodeStatus::reachable)
        && status.nodes().stream().anyMatch(node -> node.role() == NodeStatus.Role.LEADER)
        && status.nodes().stream().allMatch(node -> node.lagEntries() < LAG_ENTRIES_MAX);
  }

  /** Compares the digests of all replicas. */
  void assertReplicasEqual() {
    Replicas.assertEqual(client);
  }

  // ---- faults

  private static String container(String node) {
    return PROJECT + "-" + node + "-1";
  }

  void kill(String node) throws IOException, InterruptedException {
    docker.run("kill", "--signal", "KILL", container(node));
  }

  void start(String node) throws IOException, InterruptedException {
    docker.run("start", container(node));
  }

  void pause(String node) throws IOException, InterruptedException {
    docker.run("pause", container(node));
  }

  void unpause(String node) throws IOException, InterruptedException {
    docker.run("unpause", container(node));
  }

  /** Takes a node's cable out of one of its networks. */
  void disconnect(String node, String network) throws IOException, InterruptedException {
    docker.run("network", "disconnect", PROJECT + "_" + network, container(node));
  }

  /** Puts it back; the node's address may be another one then. */
  void reconnect(String node, String network) throws IOException, InterruptedException {
    docker.run(
        "network",
        "connect",
        "--alias",
        node + "." + network,
        PROJECT + "_" + network,
        container(node));
  }

  /** What the node's own health check finds; 0 is ready. */
  Docker.Result health(String node) throws IOException, InterruptedException {
    return docker.call(Map.of(), "exec", container(node), "troika", "health");
  }

  /** Another image with the same contents. */
  void makeNextImage() throws IOException, InterruptedException {
    docker.run("tag", IMAGE, NEXT_IMAGE);
  }

  /** Replaces a node's container by one of the next image, and waits until it is healthy. */
  void replace(String node) throws IOException, InterruptedException {
    docker.run(
        Map.of("TROIKA_IMAGE", NEXT_IMAGE),
        composeCommand("up", "-d", "--no-build", "--no-deps", "--wait", node));
  }

  /** The image that a node's container was made of. */
  String image(String node) throws IOException, InterruptedException {
    return docker.run("inspect", "--format", "{{.Config.Image}}", container(node));
  }

  boolean hasNextImage(String node) throws IOException, InterruptedException {
    return image(node).equals(NEXT_IMAGE);
  }

  @Override
  public void close() throws IOException {
    client.close();
    try {
      compose("down", "--volumes", "--timeout", "15");
      docker.call(Map.of(), "image", "rm", IMAGE, NEXT_IMAGE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
