package io.troika.it.compose;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.ClusterStatus;
import io.troika.client.NodeStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.Replicas;
import io.troika.server.config.FreePorts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The containers of {@code docker/compose.yml} as a project of its own, on free ports: three nodes,
 * and a fourth when it is asked for. {@link #close} takes them down with their volumes, networks
 * and images.
 */
final class ComposeCluster implements AutoCloseable {
  static final List<String> NODES = List.of("n1", "n2", "n3");
  private static final int PAUSES_MAX = 5;

  private static final String FIRST = "n1";
  private static final String ANOTHER = "n2";
  private static final String FOURTH = "n4";
  private static final int PORTS = 3;
  private static final String LOG_LINES = "60";
  private static final String PROJECT = "troika-it";
  private static final String IMAGE = "troika-it:first";
  private static final String NEXT_IMAGE = "troika-it:next";
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final long LAG_ENTRIES_MAX = 200; // under load nobody is at 0 for long

  private final Docker docker;
  private final String file;
  private final Map<String, String> endpoints;
  private final List<Integer> zeoPorts;
  private final Path certificates;
  private final Map<String, String> addressesBefore = new HashMap<>();
  private List<String> members = NODES;
  private @Nullable TroikaClient client;

  private ComposeCluster(
      Docker docker,
      String file,
      Map<String, String> endpoints,
      List<Integer> zeoPorts,
      Path certificates) {
    this.docker = docker;
    this.file = file;
    this.endpoints = endpoints;
    this.zeoPorts = List.copyOf(zeoPorts);
    this.certificates = certificates;
  }

  /**
   * Builds the image and starts the nodes, as a user does, with the file of this tree. Takes down
   * first what a run that did not come to its end has left.
   *
   * @param directory where the client's certificate is copied to
   */
  static ComposeCluster start(Path composeFile, Path directory)
      throws IOException, InterruptedException {
    List<String> nodes = new ArrayList<>(NODES);
    nodes.add(FOURTH);
    List<Integer> ports = FreePorts.take(PORTS * nodes.size());
    Map<String, String> environment = new HashMap<>();
    Map<String, String> endpoints = new TreeMap<>();
    List<Integer> zeoPorts = new ArrayList<>();
    environment.put("TROIKA_IMAGE", IMAGE);
    for (int i = 0; i < nodes.size(); i++) {
      int grpc = ports.get(PORTS * i);
      int zeo = ports.get(PORTS * i + 1);
      environment.put("N%s_GRPC_PORT".formatted(i + 1), Integer.toString(grpc));
      environment.put("N%s_ZEO_PORT".formatted(i + 1), Integer.toString(zeo));
      environment.put("N%s_HTTP_PORT".formatted(i + 1), Integer.toString(ports.get(PORTS * i + 2)));
      endpoints.put(nodes.get(i), "127.0.0.1:" + grpc);
      if (NODES.contains(nodes.get(i))) {
        zeoPorts.add(zeo);
      }
    }
    ComposeCluster cluster =
        new ComposeCluster(
            new Docker(environment),
            composeFile.toString(),
            endpoints,
            zeoPorts,
            directory.resolve("client"));
    try {
      cluster.remove(); // a run that was ended has left its volumes
      cluster.compose("up", "-d", "--build", "--wait");
      cluster.compose("cp", FIRST + ":/etc/troika/tls/client", cluster.certificates.toString());
      cluster.client = cluster.newClient();
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

  /** A client outside, of all published addresses. */
  TroikaClient newClient() {
    List<Path> files = certificateFiles();
    return PatientClient.builder(String.join(",", endpoints.values()))
        .tls(files.get(0), files.get(1), files.get(2))
        .build();
  }

  /** A client's certificate, its key and the authority, as copied out of a container. */
  List<Path> certificateFiles() {
    return Stream.of("client.crt", "client.key", "ca.crt").map(certificates::resolve).toList();
  }

  /** The published ports for ZEO clients, n1's first; not n4's. */
  List<Integer> zeoPorts() {
    return zeoPorts;
  }

  TroikaClient client() {
    return requireNonNull(client);
  }

  /** The node that leads now. */
  String leader() {
    String[] id = {""};
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              id[0] = client().admin().status().leader().nodeId();
              return !id[0].isEmpty();
            });
    return id[0];
  }

  /** Waits until each node answers at its published port, is in step, and one leads. */
  void awaitWhole() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .untilAsserted(() -> assertWhole(client().admin().status()));
    for (String member : members) {
      String endpoint = requireNonNull(endpoints.get(member));
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .untilAsserted(() -> assertWhole(client().admin().statusOf(endpoint)));
    }
  }

  private void assertWhole(ClusterStatus status) {
    assertThat(isWhole(status)).as("%s", status).isTrue();
  }

  private boolean isWhole(ClusterStatus status) {
    return status.leader().isKnown()
        && status.nodes().stream().map(NodeStatus::nodeId).toList().equals(members)
        && status.nodes().stream().allMatch(NodeStatus::reachable)
        && status.nodes().stream().anyMatch(node -> node.role() == NodeStatus.Role.LEADER)
        && status.nodes().stream().allMatch(node -> node.lagEntries() < LAG_ENTRIES_MAX);
  }

  /** Compares the digests of all replicas. */
  void assertReplicasEqual() {
    Replicas.assertEqual(client());
  }

  /** The end of what each node has logged, for whoever reads why a test failed. */
  String lastLogs() throws IOException, InterruptedException {
    StringBuilder logs = new StringBuilder();
    for (String node : members) {
      logs.append("---- ").append(node).append(System.lineSeparator());
      logs.append(docker.call(Map.of(), "logs", "--tail", LOG_LINES, container(node)).output());
      logs.append(System.lineSeparator());
    }
    return logs.toString();
  }

  // ---- members

  /** Starts the fourth node and makes it a member, by the tool in another node's container. */
  void addFourth() throws IOException, InterruptedException {
    compose("--profile", FOURTH, "up", "-d", "--no-build", "--no-deps", FOURTH);
    // The tool waits for some seconds, a slow machine takes longer to start a container.
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              Docker.Result added =
                  docker.call(Map.of(), tool("node", "add", FOURTH, FOURTH + ".raft:7500"));
              if (added.code() != 0) {
                assertThat(added.output())
                    .containsAnyOf("does not answer at", "it has not found the group yet");
              }
              return added.code() == 0;
            });
    members = List.of("n1", "n2", "n3", "n4");
  }

  /** Removes the first node from the group, then its container. */
  void removeFirst() throws IOException, InterruptedException {
    docker.run(tool("node", "remove", FIRST));
    members = List.of("n2", "n3", "n4");
    compose("rm", "--stop", "--force", FIRST);
  }

  private static String[] tool(String... arguments) {
    return Stream.concat(Stream.of("exec", container(ANOTHER), "troika"), Stream.of(arguments))
        .toArray(String[]::new);
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

  /**
   * Tried again where the engine could not: runc gives up when a busy container's processes have
   * not all stopped soon, and lets them go on.
   */
  void pause(String node) throws IOException, InterruptedException {
    Docker.Result result = docker.call(Map.of(), "pause", container(node));
    for (int i = 1; i < PAUSES_MAX && result.output().contains("unable to freeze"); i++) {
      result = docker.call(Map.of(), "pause", container(node));
    }
    if (result.code() != 0) {
      throw new IOException("node %s is not paused: %s".formatted(node, result.output()));
    }
  }

  void unpause(String node) throws IOException, InterruptedException {
    docker.run("unpause", container(node));
  }

  /** Takes a node's cable out of one of its networks. */
  void disconnect(String node, String network) throws IOException, InterruptedException {
    addressesBefore.put(network, address(node, network));
    docker.run("network", "disconnect", PROJECT + "_" + network, container(node));
  }

  /** Puts it back, under its old name and at another address: somebody else has taken its own. */
  void reconnect(String node, String network) throws IOException, InterruptedException {
    String other = PROJECT + "-other";
    docker.run(
        "run",
        "--detach",
        "--name",
        other,
        "--network",
        PROJECT + "_" + network,
        "--entrypoint",
        "sleep",
        IMAGE,
        "infinity");
    try {
      docker.run(
          "network",
          "connect",
          "--alias",
          node + "." + network,
          PROJECT + "_" + network,
          container(node));
    } finally {
      docker.run("rm", "--force", other);
    }
    assertThat(address(node, network)).isNotEqualTo(addressesBefore.get(network));
  }

  private String address(String node, String network) throws IOException, InterruptedException {
    return docker.run(
        "inspect",
        "--format",
        "{{(index .NetworkSettings.Networks \"%s_%s\").IPAddress}}".formatted(PROJECT, network),
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
    if (client != null) {
      client.close();
    }
    try {
      remove();
      docker.call(Map.of(), "image", "rm", IMAGE, NEXT_IMAGE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void remove() throws IOException, InterruptedException {
    compose("--profile", FOURTH, "down", "--volumes", "--timeout", "15");
  }
}
