package io.troika.server.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.NodeChange;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.config.HostAndPort;
import io.troika.server.health.HealthReport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node that was removed stays up to say so, and sends its clients away. */
@Timeout(600)
final class RemovedNodeTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private static void connect(HostAndPort address) throws IOException {
    new Socket(address.host(), address.port()).close();
  }

  @Test
  void removed_isNotReadyButAlive_andTakesNoZeoClients() throws IOException {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      Node removed =
          cluster.nodes().stream().filter(node -> !node.leads()).findFirst().orElseThrow();
      String id = removed.config().nodeId();
      HostAndPort zeo = requireNonNull(removed.config().zeo().listen());
      connect(zeo);

      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(TroikaException.class)
          .until(() -> client.admin().removeNode(id, true).phase() == NodeChange.Phase.DONE);

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(removed.health().reason())
                      .startsWith(
                          "running: this node was removed from its group; it can be stopped"));
      HealthReport health = removed.health();
      assertThat(health.alive()).isTrue();
      assertThat(removed.whenBroken()).isNotDone();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThatThrownBy(() -> connect(zeo)).isInstanceOf(ConnectException.class));
      // So that whoever asks it first asks another one then.
      assertThat(
              client
                  .admin()
                  .statusOf(removed.config().self().client().toString())
                  .leader()
                  .isKnown())
          .isFalse();
      var unused = client.store("main").run(tx -> tx.create("a", Codec.UTF8));
    }
  }
}
