package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.peer.GrpcPeerServer;
import io.troika.server.peer.GrpcPeerTransport;
import io.troika.server.peer.PeerSettings;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node whose file names nobody else, as it is when it starts with an empty directory. */
@Timeout(600)
final class LoneStartTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private NodeConfig lone() throws IOException {
    return ClusterLayout.onFreePorts(directory, 1).nodes().get(0);
  }

  private static CompletableFuture<String> called() {
    return CompletableFuture.completedFuture("n2");
  }

  @Test
  void aNodeThatHasItInItsGroup_isHeard_andItDoesNotBegin() throws IOException {
    NodeConfig config = lone();
    HostAndPort address = config.self().peer();
    try (GrpcPeerTransport own =
            new GrpcPeerTransport("n1", Map.of(), PeerSettings.DEFAULT, NodeTls.NONE);
        GrpcPeerServer server =
            new GrpcPeerServer(
                "n1",
                address,
                directory.resolve("sending"),
                new StartingEndpoint(),
                own,
                PeerSettings.DEFAULT,
                NodeTls.NONE);
        GrpcPeerTransport other =
            new GrpcPeerTransport(
                "n2", Map.of("n1", address), PeerSettings.DEFAULT, NodeTls.NONE)) {
      assertThat(other).isNotNull(); // tries again until there is somebody
      server.start();

      assertThatThrownBy(() -> LoneStart.requireNoCaller(config, own.firstCaller(), PATIENCE))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("node n1 is new")
          .hasMessageContaining("but node n2 talks to it");
    }
  }

  @Test
  void nobodyCalls_itBegins() throws IOException {
    NodeConfig config = lone();

    assertThatCode(
            () ->
                LoneStart.requireNoCaller(config, new CompletableFuture<>(), Duration.ofMillis(1)))
        .doesNotThrowAnyException();
  }

  @Test
  void oneThatIsNotNew_orNotAlone_orJoins_doesNotListen() throws IOException {
    NodeConfig lone = lone();
    NodeConfig together = ClusterLayout.onFreePorts(directory.resolve("more"), 2).nodes().get(0);
    for (NodeConfig config : List.of(lone.joining(), together)) {
      assertThatCode(() -> LoneStart.requireNoCaller(config, called(), PATIENCE))
          .doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> LoneStart.requireNoCaller(lone, called(), PATIENCE))
        .isInstanceOf(IOException.class);

    try (LocalCluster cluster = LocalCluster.start(new ClusterLayout(directory, List.of(lone)))) {
      assertThat(cluster.nodes()).hasSize(1);
    }
    assertThat(lone.dataDirectory().resolve("identity")).exists();
    assertThatCode(() -> LoneStart.requireNoCaller(lone, called(), PATIENCE))
        .doesNotThrowAnyException();
    Files.delete(lone.dataDirectory().resolve("identity"));
    assertThatThrownBy(() -> LoneStart.requireNoCaller(lone, called(), PATIENCE))
        .isInstanceOf(IOException.class);
  }

  @Test
  void onLoopback_itDoesNotWait_elsewhereItDoes() throws IOException {
    NodeConfig lone = lone();
    MemberConfig self = lone.self();
    HostAndPort elsewhere = new HostAndPort("n1.example", 7410);
    NodeConfig remote =
        NodeConfig.withDefaults(
            "n1",
            lone.dataDirectory(),
            List.of(new MemberConfig("n1", self.raft(), elsewhere, self.client())));

    assertThat(LoneStart.patience(lone)).isZero();
    assertThat(LoneStart.patience(remote)).isPositive();
  }
}
