package io.troika.server.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.cli.imports.ExampleFile;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo on a small Data.fs and three nodes in this JVM; {@code troika demo} has processes. */
@Timeout(600)
class DemoRunTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  @Test
  void run_dataFs_killsTheLeaderHalfWayAndFindsAllOfIt() throws Exception {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 30);
    ClusterLayout layout = ClusterLayout.onFreePorts(directory.resolve("nodes"), 3);
    List<String> steps = new ArrayList<>();
    try (LocalCluster nodes = LocalCluster.start(layout)) {
      awaitServing(layout);

      DemoResult result = DemoRun.run(new InThisJvm(nodes), file, steps::add);

      assertThat(result.isGood()).as("%s", DemoTable.lines(result)).isTrue();
      assertThat(result.transactions()).isEqualTo(30);
      assertThat(result.objects()).isEqualTo(42);
      assertThat(result.bytes()).isEqualTo(261);
      assertThat(result.commitNanos().getTotalCount()).isEqualTo(30);
      assertThat(result.failOverGap()).isPositive();
      assertThat(steps).anyMatch(step -> step.startsWith("After 15 transactions: SIGKILL to n"));
    }
  }

  @Test
  void run_longDataFs_severalTransactionsACommit_findsAllOfIt() throws Exception {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 31);
    ClusterLayout layout = ClusterLayout.onFreePorts(directory.resolve("nodes"), 3);
    List<String> steps = new ArrayList<>();
    try (LocalCluster nodes = LocalCluster.start(layout);
        DemoLoad load = DataFs.open(file, 8)) {
      awaitServing(layout);

      DemoResult result = DemoRun.run(new InThisJvm(nodes), load, steps::add);

      assertThat(result.isGood()).as("%s", DemoTable.lines(result)).isTrue();
      assertThat(result.transactions()).isEqualTo(31);
      assertThat(result.commitNanos().getTotalCount()).isEqualTo(8);
      assertThat(load.description()).endsWith(", up to 4 transactions a commit");
      assertThat(steps).anyMatch(step -> step.startsWith("After 16 transactions: SIGKILL to n"));
    }
  }

  @Test
  void check_tooFewTransactions_isRefused() throws IOException {
    Path file = ExampleFile.write(directory.resolve("Data.fs"), 1);

    assertThatThrownBy(() -> DemoRun.check(file))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining(file + " has 1 whole transactions");
  }

  private static void awaitServing(ClusterLayout layout) {
    try (TroikaClient client = TroikaClient.connect(layout.endpoints())) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> client.store("main").info().transactionCount() == 0);
    }
  }

  private record InThisJvm(LocalCluster nodes) implements DemoCluster {
    @Override
    public String endpoints() {
      return nodes.layout().endpoints();
    }

    @Override
    public String runningEndpoints() {
      return nodes.nodes().stream()
          .map(node -> node.config().self().client().toString())
          .collect(Collectors.joining(","));
    }

    @Override
    public void kill(String nodeId) {
      nodes.kill(nodeId);
    }

    @Override
    public void restart(String nodeId) throws IOException {
      var unused = nodes.restart(nodeId);
    }
  }
}
