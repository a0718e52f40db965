package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.TlsConfig;
import io.troika.server.filestorage.ZodbPython;
import io.troika.server.tls.CertificateAuthority;
import io.troika.server.tls.NodeTls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three nodes that speak TLS on every port, and who may connect to which. */
@Timeout(600)
class TlsClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration YEAR = Duration.ofDays(365);
  private static final int READ_MILLIS = 20_000;
  private static final byte[] GET = "GET /livez HTTP/1.0\r\n\r\n".getBytes(UTF_8);

  @TempDir static Path directory;

  private static LocalCluster cluster;
  private static Path ours;
  private static Path theirs;

  @BeforeAll
  static void start() throws IOException {
    ours = directory.resolve("ours");
    theirs = directory.resolve("theirs");
    CertificateAuthority authority = CertificateAuthority.create(ours, Clock.systemUTC());
    var client = authority.issueClient("client", YEAR);
    assertThat(client).exists();
    Clock twoYearsAgo =
        Clock.fixed(Clock.systemUTC().instant().minus(YEAR.multipliedBy(2)), ZoneOffset.UTC);
    var expired =
        CertificateAuthority.open(ours, twoYearsAgo)
            .issueNode("expired", List.of("127.0.0.1"), YEAR);
    assertThat(expired).exists();
    var foreign =
        CertificateAuthority.create(theirs, Clock.systemUTC())
            .issueNode("foreign", List.of("127.0.0.1"), YEAR);
    assertThat(foreign).exists();
    ClusterLayout plain = ClusterLayout.onFreePorts(directory, 3);
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig node : plain.nodes()) {
      Path certificate = authority.issueNode(node.nodeId(), List.of("127.0.0.1"), YEAR);
      nodes.add(
          node.securedBy(
              new TlsConfig(
                  certificate, ours.resolve(node.nodeId() + ".key"), ours.resolve("ca.crt"))));
    }
    cluster = LocalCluster.start(new ClusterLayout(directory, nodes));
    try (TroikaClient connected = client(ours, "client")) {
      WholeCluster.awaitIt(connected, PATIENCE);
    }
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static TroikaClient client(Path authority, String name) {
    return TroikaClient.builder()
        .endpoints(cluster.layout().endpoints())
        .tls(
            authority.resolve(name + ".crt"),
            authority.resolve(name + ".key"),
            ours.resolve("ca.crt"))
        .build();
  }

  @Test
  void client_withItsCertificate_commitsReadsAndComparesReplicas() {
    try (TroikaClient client = client(ours, "client")) {
      ObjectStore store = client.store("main");
      Oid oid = store.run(tx -> tx.create("secret", Codec.UTF8));

      assertThat(store.view().read(oid, Codec.UTF8)).isEqualTo("secret");
      // A node asks the others for their digests.
      assertThat(client.admin().verify("main", PATIENCE).equal()).isTrue();
    }
  }

  /**
   * Everything but the loss of the leader, which needs no TLS: the line that it waits for is there.
   */
  @Test
  void zeoClient_withItsCertificate_readsAndCommits() throws IOException, InterruptedException {
    Process application =
        ZodbPython.require()
            .start(
                "zeo_smoke.py",
                cluster.layout().zeoAddresses(),
                ours.resolve("client.crt").toString(),
                ours.resolve("client.key").toString(),
                ours.resolve("ca.crt").toString());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(application.getInputStream(), UTF_8))) {
      application.getOutputStream().write('\n');
      application.getOutputStream().flush();

      assertThat(lines.lines()).contains("committed on one node, read on another", "undone");
      assertThat(application.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(application.exitValue()).isZero();
    } finally {
      application.destroyForcibly();
    }
  }

  /**
   * As long as no grants are required; where they are: {@link BadCredentialsTest}. Probes have no
   * certificate, so the HTTP port wants none; what it shows is no secret.
   */
  @ParameterizedTest
  @CsvSource({
    "RAFT, false, false, true",
    "PEER, false, false, true",
    "GRPC, false, true, true",
    "ZEO, false, true, true",
    "HTTP, true, true, true",
  })
  void port_whoIsLetIn(NodePort port, boolean nobody, boolean client, boolean node)
      throws IOException {
    HostAndPort address = port.of(cluster.layout().nodes().get(0));

    assertThat(isLetIn(port, address, ours, null)).as("no certificate").isEqualTo(nobody);
    assertThat(isLetIn(port, address, theirs, "foreign")).as("another authority").isFalse();
    assertThat(isLetIn(port, address, ours, "expired")).as("expired").isFalse();
    assertThat(isLetIn(port, address, ours, "client")).as("a client").isEqualTo(client);
    assertThat(isLetIn(port, address, ours, "n2")).as("a node").isEqualTo(node);
  }

  /** Whether the port says something, or waits in silence, after the handshake. */
  private static boolean isLetIn(
      NodePort port, HostAndPort address, Path issuer, @Nullable String name) throws IOException {
    SSLContext context = SecureHttp.context(ours, issuer, name);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
      socket.connect(address.toSocketAddress(), READ_MILLIS);
      if (port != NodePort.HTTP && port != NodePort.ZEO) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
      }
      socket.setSoTimeout(READ_MILLIS);
      try {
        socket.startHandshake();
        if (port == NodePort.HTTP) {
          socket.getOutputStream().write(GET);
        }
        return socket.getInputStream().read() >= 0;
      } catch (SocketTimeoutException silent) {
        return true;
      } catch (IOException refused) {
        return false;
      }
    }
  }

  @Test
  void node_withoutItsKey_doesNotStartAndNamesTheFile() {
    NodeConfig node = cluster.layout().nodes().get(0);
    Path missing = ours.resolve("no-such.key");
    NodeConfig wrong =
        node.securedBy(new TlsConfig(ours.resolve("n1.crt"), missing, ours.resolve("ca.crt")));

    assertThatThrownBy(() -> NodeTls.open(wrong.tls()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tls.key: " + missing);
  }

  @Test
  void key_isReadableByItsOwnerAlone() throws IOException {
    assertThat(Files.getPosixFilePermissions(ours.resolve("ca.key"))).hasSize(2);
  }
}
