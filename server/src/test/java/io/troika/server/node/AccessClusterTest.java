package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.troika.client.AccessGrant;
import io.troika.client.AccessGrant.Kind;
import io.troika.client.AccessGrant.Permission;
import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PermissionDeniedException;
import io.troika.client.TroikaClient;
import io.troika.client.UnauthenticatedException;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.TlsConfig;
import io.troika.server.filestorage.ZodbPython;
import io.troika.server.tls.CertificateAuthority;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Three nodes on which everybody needs a grant, and those who come with one or without. */
@Timeout(600)
class AccessClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir static Path directory;

  private static LocalCluster cluster;
  private static Path certificates;
  private static final ListAppender<ILoggingEvent> LINES = new ListAppender<>();

  @BeforeAll
  static void start() throws IOException {
    LINES.start();
    rootLogger().addAppender(LINES);
    certificates = directory.resolve("certificates");
    CertificateAuthority authority = CertificateAuthority.create(certificates, Clock.systemUTC());
    for (String name : List.of("operator", "app", "zope")) {
      assertThat(authority.issueClient(name, YEAR)).exists();
    }
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig node : ClusterLayout.onFreePorts(directory, 3).nodes()) {
      Path certificate = authority.issueNode(node.nodeId(), List.of("127.0.0.1"), YEAR);
      nodes.add(
          node.securedBy(new TlsConfig(certificate, key(node.nodeId()), authorityFile()))
              .allowing(node.security().requiringAccess(List.of("operator"))));
    }
    cluster = LocalCluster.start(new ClusterLayout(directory, nodes));
    try (TroikaClient operator = client("operator")) {
      WholeCluster.awaitIt(operator, PATIENCE);
      // The other one is for ZEO's root object.
      assertThat(operator.admin().createStorage("app").name()).isEqualTo("app");
    }
  }

  @AfterAll
  static void stop() {
    cluster.close();
    rootLogger().detachAppender(LINES);
  }

  private static Logger rootLogger() {
    return (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  }

  private static Path key(String name) {
    return certificates.resolve(name + ".key");
  }

  private static Path authorityFile() {
    return certificates.resolve("ca.crt");
  }

  private static TroikaClient.Builder builder() {
    return TroikaClient.builder()
        .endpoints(cluster.layout().endpoints())
        .callTimeout(Duration.ofSeconds(60));
  }

  private static TroikaClient client(String name) {
    return builder().tls(certificates.resolve(name + ".crt"), key(name), authorityFile()).build();
  }

  private static TroikaClient bearing(String token) {
    return builder().tls(authorityFile()).token(token).build();
  }

  /** Each node goes by what it has applied. */
  private static void awaitAppliedByAll(TroikaClient operator) {
    await().atMost(PATIENCE).until(() -> operator.admin().verify("main", PATIENCE).equal());
  }

  private static AccessGrant grant(Kind kind, String name, Permission... permissions) {
    return new AccessGrant(
        kind, name, Set.of(permissions), Set.of("main", "app"), Optional.empty());
  }

  @Test
  void certificate_mayDoWhatItIsGranted_fromThenOn() {
    try (TroikaClient operator = client("operator");
        TroikaClient app = client("app")) {
      ObjectStore store = app.store("app");
      assertThatThrownBy(store::view)
          .isInstanceOf(PermissionDeniedException.class)
          .hasMessageContaining("certificate 'app'")
          .hasMessageContaining("storage 'app'");

      operator.admin().grant(grant(Kind.CERTIFICATE, "app", Permission.READ, Permission.WRITE));
      Oid oid = store.run(tx -> tx.create("granted", Codec.UTF8));
      assertThat(store.view().read(oid, Codec.UTF8)).isEqualTo("granted");
      assertThatThrownBy(() -> app.admin().createStorage("other"))
          .isInstanceOf(PermissionDeniedException.class);
      assertThatThrownBy(() -> app.admin().grants()).isInstanceOf(PermissionDeniedException.class);

      operator.admin().grant(grant(Kind.CERTIFICATE, "app", Permission.READ));
      assertThatThrownBy(() -> store.execute(tx -> tx.write(oid, "more", Codec.UTF8)))
          .isInstanceOf(PermissionDeniedException.class)
          .hasMessageContaining("write");
      assertThat(operator.admin().revoke(Kind.CERTIFICATE, "app")).isTrue();
    }
  }

  @Test
  void token_worksOnEveryNodeWithoutACertificate_untilItIsRevoked()
      throws IOException, InterruptedException {
    String token;
    try (TroikaClient operator = client("operator")) {
      token =
          operator
              .admin()
              .createToken(grant(Kind.TOKEN, "backend", Permission.READ, Permission.WRITE));
      awaitAppliedByAll(operator);
      assertThat(operator.admin().grants()).extracting(AccessGrant::name).contains("backend");
      try (TroikaClient backend = bearing(token)) {
        ObjectStore store = backend.store("app");
        Oid oid = store.run(tx -> tx.create("by token", Codec.UTF8));
        assertThat(store.view().read(oid, Codec.UTF8)).isEqualTo("by token");
        for (NodeConfig node : cluster.layout().nodes()) {
          String address = node.self().client().toString();
          assertThat(backend.admin().statusOf(address).answeringNode()).isEqualTo(node.nodeId());
        }

        assertThat(operator.admin().revoke(Kind.TOKEN, "backend")).isTrue();
        assertThatThrownBy(() -> store.run(tx -> tx.create("no more", Codec.UTF8)))
            .isInstanceOf(UnauthenticatedException.class)
            .hasMessageContaining("revoked");
      }
    }
    String secret = token.substring(token.indexOf('.') + 1);
    assertThat(List.copyOf(LINES.list))
        .as("what is logged, the audit log too")
        .anyMatch(line -> line.getFormattedMessage().contains("Admin/GrantAccess"))
        .noneMatch(line -> line.getFormattedMessage().contains(secret));
    assertThat(metrics()).contains("troika_").doesNotContain(secret, "backend");
  }

  private static String metrics() throws IOException, InterruptedException {
    String address = cluster.layout().httpAddresses().split(",", -1)[0];
    HttpRequest page =
        HttpRequest.newBuilder(URI.create("https://" + address + "/metrics")).build();
    return SecureHttp.client(certificates).send(page, BodyHandlers.ofString()).body();
  }

  /** What else lets nobody in: {@link BadCredentialsTest}. */
  @Test
  void expiredToken_isRefused() {
    try (TroikaClient operator = client("operator")) {
      String token =
          operator
              .admin()
              .createToken(
                  new AccessGrant(
                      Kind.TOKEN,
                      "past",
                      Set.of(Permission.READ),
                      Set.of(),
                      Optional.of(Instant.ofEpochMilli(1))));
      awaitAppliedByAll(operator);
      try (TroikaClient late = bearing(token)) {
        assertThatThrownBy(() -> late.store("app").view())
            .isInstanceOf(UnauthenticatedException.class)
            .hasMessageContaining("expired");
      }
    }
  }

  /** Who is not let in: {@link BadCredentialsTest}; what a session may do: OperatorPagesTest. */
  @ParameterizedTest
  @CsvSource({
    "administrator certificate, 200",
    "expired token, 401",
    "administrator token, 200",
  })
  void statusPage_logIn_dependsOnWhatIsShown(String shown, int expected)
      throws IOException, InterruptedException {
    String token = shown.endsWith("token") ? token(shown) : "";
    String certificate = shown.endsWith("certificate") ? "operator" : null;
    String address = cluster.layout().httpAddresses().split(",", -1)[0];
    HttpRequest logIn =
        HttpRequest.newBuilder(URI.create("https://" + address + "/session/open"))
            .header("content-type", "application/json")
            .header("troika-stamp", "log-in")
            .POST(BodyPublishers.ofString("{\"token\": \"%s\"}".formatted(token)))
            .build();
    HttpClient client = SecureHttp.client(certificates, certificates, certificate);

    // The page's node goes by what it has applied.
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> client.send(logIn, BodyHandlers.ofString()).statusCode() == expected);
  }

  private static String token(String shown) {
    Optional<Instant> ends =
        shown.startsWith("expired") ? Optional.of(Instant.ofEpochMilli(1)) : Optional.empty();
    String name = "page-" + shown.split(" ", -1)[0];
    try (TroikaClient operator = client("operator")) {
      return operator
          .admin()
          .createToken(new AccessGrant(Kind.TOKEN, name, Set.of(Permission.ADMIN), Set.of(), ends));
    }
  }

  /** The nodes ask one another, by their own certificates, which need no grant. */
  @Test
  void operator_comparesReplicas() {
    try (TroikaClient operator = client("operator")) {
      assertThat(operator.admin().verify("main", PATIENCE).equal()).isTrue();
    }
  }

  /** Commits of ZEO clients go from followers to the leader. */
  @Test
  void zeoClient_withAGrant_readsAndCommits() throws IOException, InterruptedException {
    try (TroikaClient operator = client("operator")) {
      operator.admin().grant(grant(Kind.CERTIFICATE, "zope", Permission.READ, Permission.WRITE));
      awaitAppliedByAll(operator);
    }
    Process application =
        ZodbPython.require()
            .start(
                "zeo_smoke.py",
                cluster.layout().zeoAddresses(),
                certificates.resolve("zope.crt").toString(),
                key("zope").toString(),
                authorityFile().toString());
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
}
