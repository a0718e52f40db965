package io.troika.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.client.Codec;
import io.troika.client.NodeStatus;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.TlsConfig;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import io.troika.server.tls.CertificateAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus with the configuration and rules of {@code docker/observability}, and three
 * nodes. Wants the programs {@code prometheus} and {@code promtool}, which {@code .ci/run} gets
 * from Debian.
 */
@Timeout(1_800)
final class PrometheusTest {
  private static final Path OBSERVABILITY = Path.of("../docker/observability");
  private static final Path RULES_TEST =
      Path.of("src/test/resources/prometheus/alerts-test.yml").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /**
   * How fast a machine is that does other things too, and how its disk fills, is not what this
   * looks at; promtool's stories do.
   */
  private static final Set<String> ABOUT_THE_MACHINE =
      Set.of(
          "TroikaFollowerLags",
          "TroikaDiskFull",
          "TroikaDiskFillsUp",
          "TroikaElections",
          "TroikaCommitsSlow",
          "TroikaLogSyncSlow",
          "TroikaDatabaseStalls");

  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path directory;

  private static void require(String program) {
    assumeTrue(
        Prometheus.has(program),
        "NOT TESTED: dashboard and alarms, because there is no " + program);
  }

  // ---- rules

  @Test
  void rules_fireWhenTheyShould_andNotBefore() throws IOException, InterruptedException {
    require("promtool");
    Files.copy(OBSERVABILITY.resolve("alerts.yml"), directory.resolve("alerts.yml"));
    Files.copy(RULES_TEST, directory.resolve("alerts-test.yml"));
    assertThat(Files.readString(RULES_TEST))
        .as("each alarm has its story")
        .contains(alarms().stream().map("alertname: %s"::formatted).toList());

    Process promtool =
        new ProcessBuilder("promtool", "test", "rules", "alerts-test.yml")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();

    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }

  private static List<String> alarms() throws IOException {
    return Files.readString(OBSERVABILITY.resolve("alerts.yml"))
        .lines()
        .filter(line -> line.contains("- alert: "))
        .map(line -> line.substring(line.indexOf(": ") + 2))
        .toList();
  }

  // ---- a cluster

  private ClusterLayout secured(Path certificates) throws IOException {
    ClusterLayout plain = ClusterLayout.onFreePorts(directory.resolve("nodes"), 3);
    CertificateAuthority authority = CertificateAuthority.create(certificates, Clock.systemUTC());
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig node : plain.nodes()) {
      String id = node.nodeId();
      Path certificate = authority.issueNode(id, List.of("127.0.0.1", id + ".clients"), YEAR);
      nodes.add(
          node.securedBy(
              new TlsConfig(
                  certificate, certificates.resolve(id + ".key"), certificates.resolve("ca.crt"))));
    }
    return new ClusterLayout(plain.directory(), nodes);
  }

  private static Map<String, Integer> httpPorts(ClusterLayout layout) {
    Map<String, Integer> ports = new HashMap<>();
    for (NodeConfig node : layout.nodes()) {
      ports.put(node.nodeId() + ".clients:8081", Objects.requireNonNull(node.httpListen()).port());
    }
    return ports;
  }

  /** That of the compose file, with nodes that are found by a proxy, and asked more often. */
  private Path configuration(Path certificates, String proxy) throws IOException {
    Files.copy(OBSERVABILITY.resolve("alerts.yml"), directory.resolve("alerts.yml"));
    String text = Files.readString(OBSERVABILITY.resolve("prometheus.yml"));
    String changed =
        text.replace("_interval: 5s", "_interval: 1s")
            .replace("/etc/troika/tls/ca.crt", certificates.resolve("ca.crt").toString())
            .replace("scheme: https", "scheme: https\n    proxy_url: " + proxy);
    assertThat(changed).contains(proxy, "scrape_interval: 1s").contains(certificates.toString());
    return Files.writeString(directory.resolve("prometheus.yml"), changed);
  }

  @Test
  void dashboardAndAlarms_threeNodesUnderLoad_allHaveData_andTheRightOnesSound()
      throws IOException, ExecutionException, InterruptedException {
    require("prometheus");
    Path certificates = directory.resolve("certificates");
    ClusterLayout layout = secured(certificates);
    try (LocalCluster cluster = LocalCluster.start(layout);
        NamedNodes names = new NamedNodes(httpPorts(layout));
        TroikaClient client = client(layout, certificates);
        Prometheus prometheus =
            Prometheus.start(configuration(certificates, names.url()), directory);
        Load load = new Load(client)) {
      for (String expression : Dashboard.expressions()) {
        await("data for " + expression)
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> !prometheus.query(expression).isEmpty());
      }
      awaitLabels(prometheus, "up == 1", "node", Set.of("n1", "n2", "n3"));
      for (String ofEachGroup :
          List.of("troika_rocksdb_table_bytes", "troika_raft_log_syncs_total > 0")) {
        awaitLabels(prometheus, ofEachGroup, "group", Set.of("g0", "g1"));
      }
      Set<String> ofGroups = figuresOf("g0", prometheus);
      assertThat(ofGroups).hasSizeGreaterThan(10);
      await("all figures of g0 for g1")
          .atMost(PATIENCE)
          .until(() -> figuresOf("g1", prometheus).equals(ofGroups));
      await("silence").atMost(PATIENCE).until(() -> sounding(prometheus).isEmpty());

      List<String> followers = followers(client);
      cluster.kill(followers.get(0));
      await().atMost(PATIENCE).until(() -> sounding(prometheus).equals(Set.of("TroikaNodeDown")));
      assertThat(load.stop()).isPositive();

      cluster.kill(followers.get(1));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  sounding(prometheus)
                      .equals(Set.of("TroikaNodeDown", "TroikaNoLeader", "TroikaNodeNotReady")));
    }
  }

  private static TroikaClient client(ClusterLayout layout, Path certificates) {
    return TroikaClient.builder()
        .endpoints(layout.endpoints())
        .tls(
            certificates.resolve("n1.crt"),
            certificates.resolve("n1.key"),
            certificates.resolve("ca.crt"))
        .callTimeout(PATIENCE)
        .runTimeout(PATIENCE)
        .build();
  }

  private static List<String> followers(TroikaClient client) {
    String leader = client.admin().status().leader().nodeId();
    return Stream.of("n1", "n2", "n3").filter(node -> !node.equals(leader)).toList();
  }

  private static Set<String> figuresOf(String group, Prometheus prometheus) {
    String figures = "{__name__=~'troika_(raft|rocksdb)_.*', group='%s'}".formatted(group);
    return labels(prometheus.query(figures), "__name__");
  }

  private static void awaitLabels(
      Prometheus prometheus, String expression, String label, Set<String> expected) {
    await(expression)
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> labels(prometheus.query(expression), label).equals(expected));
  }

  private static Set<String> labels(List<String> found, String label) {
    Set<String> values = new TreeSet<>();
    for (String each : found) {
      JsonObject labels = JsonParser.parseString(each).getAsJsonObject().getAsJsonObject("metric");
      values.add(labels.get(label).getAsString());
    }
    return values;
  }

  /** Writers in both groups, one each, until they are stopped. */
  private static final class Load implements AutoCloseable {
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final List<Future<Long>> writers = new ArrayList<>();
    private volatile boolean stopped;

    private Load(TroikaClient client) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> client.admin().status().nodes().stream().allMatch(NodeStatus::reachable));
      client.admin().createGroup("g1");
      var unusedSecond = client.admin().createStorage("other", "g1");
      var unusedLimit = client.admin().setQuota("main", OptionalLong.of(1L << 40));
      for (String storage : List.of("main", "other")) {
        writers.add(threads.submit(() -> write(client.store(storage))));
      }
    }

    private long write(ObjectStore store) {
      Oid oid = store.run(tx -> tx.create("0", Codec.UTF8));
      long commits = 0;
      while (!stopped) {
        String text = String.valueOf(commits++);
        store.execute(tx -> tx.write(oid, text, Codec.UTF8));
      }
      return commits;
    }

    /** How many were committed, none of which failed. */
    long stop() throws ExecutionException, InterruptedException {
      stopped = true;
      long commits = 0;
      for (Future<Long> writer : writers) {
        commits += writer.get();
      }
      return commits;
    }

    @Override
    public void close() {
      stopped = true;
      threads.shutdownNow();
    }
  }

  /** The alarms whose expression finds something now, but for those about this machine. */
  private static Set<String> sounding(Prometheus prometheus) {
    Set<String> sounding = new TreeSet<>();
    prometheus
        .alarms()
        .forEach(
            (name, expression) -> {
              if (!ABOUT_THE_MACHINE.contains(name) && !prometheus.query(expression).isEmpty()) {
                sounding.add(name);
              }
            });
    return sounding;
  }
}
