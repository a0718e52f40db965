package io.troika.server.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.TlsConfig;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import io.troika.server.tls.CertificateAuthority;
import io.troika.server.tls.CertificateFile;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole cluster with TLS, whose certificates expire in ten days. */
@Timeout(600)
final class HouseCallTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration VALIDITY = Duration.ofDays(10);

  @TempDir Path directory;

  private TlsConfig files(CertificateAuthority authority, String name, boolean node)
      throws IOException {
    Path certificate =
        node
            ? authority.issueNode(name, List.of("127.0.0.1"), VALIDITY)
            : authority.issueClient(name, Duration.ofDays(1));
    return new TlsConfig(
        certificate, directory.resolve("ca/" + name + ".key"), directory.resolve("ca/ca.crt"));
  }

  private static List<String> found(Examination examination) {
    return Doctor.CHECKS.stream()
        .filter(check -> !check.examine(examination).isEmpty())
        .map(Check::name)
        .toList();
  }

  @Test
  void examine_runningCluster_seesCertificatesThenTheNodeThatDied()
      throws IOException, InterruptedException {
    CertificateAuthority authority =
        CertificateAuthority.create(directory.resolve("ca"), Clock.systemUTC());
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig node : ClusterLayout.onFreePorts(directory, 3).nodes()) {
      nodes.add(node.securedBy(files(authority, node.nodeId(), true)));
    }
    TlsConfig own = files(authority, "doctor", false);
    Instant expires = CertificateFile.expires(own.certificate());
    // Two addresses do: the third node is heard of from them.
    List<HostAndPort> endpoints =
        List.of(nodes.get(0).self().client(), nodes.get(1).self().client());
    try (LocalCluster cluster = LocalCluster.start(new ClusterLayout(directory, nodes));
        NodeTls tls = NodeTls.open(own);
        HouseCall call = new HouseCall(tls, PATIENCE, Optional.empty())) {
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(
              () ->
                  assertThat(found(call.examine(endpoints, expires)))
                      .containsExactly("certificates"));
      Examination whole = call.examine(endpoints, expires);
      assertThat(whole.answers()).extracting(NodeAnswer::nodeId).containsExactly("n1", "n2", "n3");
      assertThat(whole.later()).containsOnlyKeys("n1", "n2", "n3");
      assertThat(new CertificateCheck().examine(whole))
          .extracting(Finding::node)
          .containsExactly("n1", "n2", "n3", "");

      cluster.kill("n3");
      await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(
              () ->
                  assertThat(found(call.examine(endpoints, expires)))
                      .containsExactly("reachable", "quorum", "certificates"));
      assertThat(new ReachableCheck().examine(call.examine(endpoints, expires)))
          .extracting(Finding::node)
          .containsExactly("n3");
    }
  }
}
