package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.TroikaClient;
import io.troika.server.filestorage.ZodbPython;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in this JVM, and the real ZEO client as pip installs it. */
@Timeout(400)
class ZeoClientTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private LocalCluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    try (TroikaClient client = WholeCluster.connect(cluster.layout().endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
    }
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void application_onAllNodes_readsCommitsResolvesUndoesAndOutlivesTheLeader()
      throws IOException, InterruptedException {
    assertSmoke(
        ZodbPython.require().start("zeo_smoke.py", cluster.layout().zeoAddresses()), this::leader);
  }

  @Test
  void application_onAStorageOfAnotherGroup_doesTheSameAndOutlivesThatGroupsLeader()
      throws IOException, InterruptedException {
    try (TroikaClient client = WholeCluster.connect(cluster.layout().endpoints())) {
      client.admin().createGroup("g1");
      client.admin().createStorage("away", "g1");
      assertSmoke(
          ZodbPython.require().start("zeo_smoke.py", cluster.layout().zeoAddresses(), "away"),
          () ->
              await()
                  .atMost(PATIENCE)
                  .until(
                      () -> client.admin().status().groups().get(0).leader().nodeId(),
                      id -> !id.isEmpty()));
      assertThat(client.store("away").info().lastTid().isNone()).isFalse();
      assertThat(client.store("main").info().lastTid().isNone()).isTrue();
    }
  }

  private void assertSmoke(Process application, Supplier<String> leader)
      throws IOException, InterruptedException {
    List<String> steps = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(application.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        steps.add(line);
        if (line.equals("lose the leader")) {
          cluster.kill(leader.get());
          application.getOutputStream().write('\n');
          application.getOutputStream().flush();
        }
      }
      assertThat(application.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      application.destroyForcibly();
    }

    assertThat(steps)
        .containsExactly(
            "committed on one node, read on another",
            "invalidated",
            "conflict resolved in the client",
            "conflict raised",
            "undone",
            "history and iteration",
            "lose the leader",
            "committed again");
    assertThat(application.exitValue()).isZero();
  }

  @Test
  void votes_leadershipHandedOverBeforeTheFinish_areKeptBeforeThoseThatWait()
      throws IOException, InterruptedException {
    int rounds = 6;
    Process application =
        ZodbPython.require()
            .start("zeo_votes.py", cluster.layout().zeoAddresses(), Integer.toString(rounds));
    List<String> steps = new ArrayList<>();
    try (TroikaClient client = WholeCluster.connect(cluster.layout().endpoints());
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(application.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        steps.add(line);
        if (line.equals("voted")) {
          var unused = client.admin().transferLeadership("");
          application.getOutputStream().write('\n');
          application.getOutputStream().flush();
        }
      }
      assertThat(application.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      application.destroyForcibly();
    }

    assertThat(steps).hasSize(rounds + 1).endsWith("finished");
    assertThat(application.exitValue()).isZero();
  }

  @Test
  void application_packs_oldRevisionsAndGarbageGoAndTheRestOpens()
      throws IOException, InterruptedException {
    Process application =
        ZodbPython.require().start("zeo_pack.py", cluster.layout().zeoAddresses());
    List<String> steps;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(application.getInputStream(), UTF_8))) {
      steps = lines.lines().toList();
      assertThat(application.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      application.destroyForcibly();
    }

    assertThat(steps)
        .containsExactly(
            "garbage made",
            "packed",
            "old revisions and garbage are gone",
            "undo is refused, an earlier pack does nothing",
            "every node opens and loads all");
    assertThat(application.exitValue()).isZero();
  }

  private String leader() {
    await().atMost(PATIENCE).until(() -> cluster.nodes().stream().anyMatch(Node::leads));
    return cluster.nodes().stream()
        .filter(Node::leads)
        .map(node -> node.config().nodeId())
        .findFirst()
        .orElseThrow();
  }
}
