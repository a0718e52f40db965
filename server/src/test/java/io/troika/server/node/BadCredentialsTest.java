package io.troika.server.node;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.common.base.Throwables;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.client.AccessGrant;
import io.troika.client.AccessGrant.Kind;
import io.troika.client.AccessGrant.Permission;
import io.troika.client.Codec;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.tls.CertificateAuthority;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * All ports of a node where grants are required, each with all that does not let anybody in: what
 * is answered, and that the node goes on.
 */
@Timeout(600)
final class BadCredentialsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration YEAR = Duration.ofDays(365);
  private static final int CALL_SECONDS = 60;

  /**
   * A port that refuses a certificate closes behind its alert. What the client was still sending
   * makes TCP reset the connection then, and the alert may be lost: it asks again.
   */
  private static final Pattern LOST = Pattern.compile("Broken pipe|Connection reset");

  private static final int TRIES_MAX = 50;
  private static final byte[] GET = "GET /livez HTTP/1.0\r\n\r\n".getBytes(US_ASCII);

  /** A TLS alert, such as "bad certificate". */
  private static final String ALERT = "alert";

  /** At most an alert, which who does not speak TLS can't read. */
  private static final String HUNG_UP = "hung up";

  // Each refused handshake is told with a stack trace. Held: loggers are weakly referenced.
  private static final List<Logger> TRANSPORT_LOGS =
      Stream.of("io.grpc", "org.apache.ratis.thirdparty.io.grpc").map(Logger::getLogger).toList();

  @TempDir static Path directory;

  private static LocalCluster cluster;
  private static Path ours;
  private static Path theirs;
  private static TroikaClient operator;
  private static Oid oid;
  private static String weakToken;

  private enum Shown {
    NOTHING,
    PLAIN_TEXT,
    OF_ANOTHER_AUTHORITY,
    EXPIRED,
    /** A client's certificate, which no node has and nobody has granted anything. */
    OF_A_STRANGER,
    UNKNOWN_TOKEN,
    /** It may read, and asks for more. */
    WEAK_TOKEN;

    private @Nullable String certificate() {
      return switch (this) {
        case OF_ANOTHER_AUTHORITY -> "foreign";
        case EXPIRED -> "expired";
        case OF_A_STRANGER -> "stranger";
        default -> null;
      };
    }

    private @Nullable String token() {
      return switch (this) {
        case UNKNOWN_TOKEN -> "ops.0123456789";
        case WEAK_TOKEN -> weakToken;
        default -> null;
      };
    }

    private Path issuer() {
      return this == OF_ANOTHER_AUTHORITY ? theirs : ours;
    }
  }

  /** ZEO has no place for a token; between nodes there is none: both are as nothing. */
  static Stream<Arguments> table() {
    return Stream.of(
            row(NodePort.RAFT, ALERT, HUNG_UP, ALERT, ALERT, ALERT, ALERT, ALERT),
            row(
                NodePort.PEER,
                ALERT,
                HUNG_UP,
                "ALERT_UNKNOWN_CA",
                "ALERT_CERTIFICATE_EXPIRED",
                "ALERT_BAD_CERTIFICATE",
                ALERT,
                ALERT),
            row(
                NodePort.GRPC,
                "UNAUTHENTICATED",
                HUNG_UP,
                "ALERT_UNKNOWN_CA",
                "ALERT_CERTIFICATE_EXPIRED",
                "PERMISSION_DENIED",
                "UNAUTHENTICATED",
                "PERMISSION_DENIED"),
            row(NodePort.ZEO, ALERT, HUNG_UP, ALERT, ALERT, "is not allowed read", ALERT, ALERT),
            row(NodePort.HTTP, "401", HUNG_UP, ALERT, ALERT, "403", "401", "403"))
        .flatMap(row -> row);
  }

  /**
   * @param expected in the order of {@link Shown}
   */
  private static Stream<Arguments> row(NodePort port, String... expected) {
    Iterator<String> answers = List.of(expected).iterator();
    return Stream.of(Shown.values()).map(shown -> arguments(port, shown, answers.next()));
  }

  @BeforeAll
  static void start() throws IOException {
    TRANSPORT_LOGS.forEach(log -> log.setLevel(Level.OFF));
    ours = directory.resolve("ours");
    theirs = directory.resolve("theirs");
    CertificateAuthority authority = CertificateAuthority.create(ours, Clock.systemUTC());
    assertThat(authority.issueClient("operator", YEAR)).exists();
    assertThat(authority.issueClient("stranger", YEAR)).exists();
    Clock twoYearsAgo =
        Clock.fixed(Clock.systemUTC().instant().minus(YEAR.multipliedBy(2)), ZoneOffset.UTC);
    List<String> hosts = List.of("127.0.0.1");
    assertThat(CertificateAuthority.open(ours, twoYearsAgo).issueNode("expired", hosts, YEAR))
        .exists();
    assertThat(
            CertificateAuthority.create(theirs, Clock.systemUTC())
                .issueNode("foreign", hosts, YEAR))
        .exists();
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig node : ClusterLayout.onFreePorts(directory, 3).nodes()) {
      assertThat(authority.issueNode(node.nodeId(), hosts, YEAR)).exists();
      nodes.add(
          node.securedBy(SecureHttp.files(ours, node.nodeId()))
              .allowing(node.security().requiringAccess(List.of("operator"))));
    }
    cluster = LocalCluster.start(new ClusterLayout(directory, nodes));
    operator =
        TroikaClient.builder()
            .endpoints(cluster.layout().endpoints())
            .tls(ours.resolve("operator.crt"), ours.resolve("operator.key"), ours.resolve("ca.crt"))
            .build();
    WholeCluster.awaitIt(operator, PATIENCE);
    oid = operator.store("main").run(tx -> tx.create("0", Codec.UTF8));
    weakToken =
        operator
            .admin()
            .createToken(
                new AccessGrant(
                    Kind.TOKEN, "weak", Set.of(Permission.READ), Set.of(), Optional.empty()));
    // Each node goes by what it has applied.
    assertThat(operator.admin().verify("main", PATIENCE).equal()).isTrue();
  }

  @AfterAll
  static void stop() {
    operator.close();
    cluster.close();
    TRANSPORT_LOGS.forEach(log -> log.setLevel(null));
  }

  /** It serves whoever may. */
  @AfterEach
  void goesOn() {
    String before = operator.store("main").view().read(oid, Codec.UTF8);
    operator.store("main").execute(tx -> tx.write(oid, tx.read(oid, Codec.UTF8) + "0", Codec.UTF8));
    assertThat(operator.store("main").view().read(oid, Codec.UTF8)).isEqualTo(before + "0");
    assertThat(cluster.whenAnyBroken()).isNotDone();
  }

  @ParameterizedTest(name = "{0} {1}: {2}")
  @MethodSource("table")
  void port_badCredentials_areRefusedClearly(NodePort port, Shown shown, String expected)
      throws IOException, InterruptedException {
    HostAndPort address = port.of(cluster.layout().nodes().get(0));
    String answer = answer(port, address, shown);
    for (int i = 1; i < TRIES_MAX && LOST.matcher(answer).find(); i++) {
      answer = answer(port, address, shown);
    }

    assertThat(answer).contains(expected);
  }

  private static String answer(NodePort port, HostAndPort address, Shown shown)
      throws IOException, InterruptedException {
    if (shown == Shown.PLAIN_TEXT) {
      return plain(address);
    }
    return switch (port) {
      case RAFT, PEER, GRPC -> grpc(address, shown);
      case ZEO -> zeo(address, shown);
      case HTTP -> http(address, shown);
    };
  }

  private static String plain(HostAndPort address) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(address.toSocketAddress(), CALL_SECONDS * 1_000);
      socket.setSoTimeout(CALL_SECONDS * 1_000);
      socket.getOutputStream().write(GET);
      byte[] answer = socket.getInputStream().readNBytes(16);
      return answer.length <= 7 ? HUNG_UP : new String(answer, ISO_8859_1);
    } catch (SocketException reset) {
      return HUNG_UP;
    }
  }

  /** Which of the two libraries reads the alert is known by its words. */
  private static String told(Exception e) {
    return Throwables.getCausalChain(e).stream()
        .map(cause -> String.valueOf(cause.getMessage()))
        .filter(text -> text.contains("Received fatal alert") || text.contains("_ALERT_"))
        .findFirst()
        .map(text -> ALERT + ": " + text)
        .orElseGet(() -> Throwables.getStackTraceAsString(e));
  }

  /** A client that makes a storage. */
  private static String grpc(HostAndPort address, Shown shown) {
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress(address.host(), address.port(), credentials(shown))
            .build();
    Metadata headers = new Metadata();
    String token = shown.token();
    if (token != null) {
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    }
    try {
      return "let in: "
          + AdminGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
              .createStorage(CreateStorageRequest.newBuilder().setName("x").build());
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() + ": " + told(e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static ChannelCredentials credentials(Shown shown) {
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      builder.trustManager(ours.resolve("ca.crt").toFile());
      String name = shown.certificate();
      if (name != null) {
        builder.keyManager(
            shown.issuer().resolve(name + ".crt").toFile(),
            shown.issuer().resolve(name + ".key").toFile());
      }
      return builder.build();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A client that registers, in MessagePack: message 1, register("main", false). */
  private static String zeo(HostAndPort address, Shown shown) throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            SecureHttp.context(ours, shown.issuer(), shown.certificate())
                .getSocketFactory()
                .createSocket()) {
      socket.connect(address.toSocketAddress(), CALL_SECONDS * 1_000);
      socket.setSoTimeout(CALL_SECONDS * 1_000);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      in.readNBytes(in.readInt()); // its greeting
      send(out, "M5");
      send(out, "\u0094\u0001\u00c2\u00a8register\u0092\u00a4main\u00c2");
      return new String(in.readNBytes(in.readInt()), ISO_8859_1);
    } catch (IOException e) {
      return told(e);
    }
  }

  private static void send(DataOutputStream out, String bytes) throws IOException {
    out.writeInt(bytes.length());
    out.write(bytes.getBytes(ISO_8859_1));
  }

  /** Somebody who logs in to the status page. */
  private static String http(HostAndPort address, Shown shown)
      throws IOException, InterruptedException {
    String token = shown.token();
    HttpRequest logIn =
        HttpRequest.newBuilder(URI.create("https://" + address + "/session/open"))
            .header("content-type", "application/json")
            .header("troika-stamp", "log-in")
            .timeout(Duration.ofSeconds(CALL_SECONDS))
            .POST(
                BodyPublishers.ofString(
                    "{\"token\": \"%s\"}".formatted(token == null ? "" : token)))
            .build();
    try {
      return String.valueOf(
          SecureHttp.client(ours, shown.issuer(), shown.certificate())
              .send(logIn, BodyHandlers.ofString())
              .statusCode());
    } catch (IOException e) {
      return told(e);
    }
  }
}
