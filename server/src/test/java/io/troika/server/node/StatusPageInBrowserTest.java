package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.client.AccessGrant;
import io.troika.client.AccessGrant.Kind;
import io.troika.client.AccessGrant.Permission;
import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.server.backup.BackupDirectory;
import io.troika.server.cli.backups.NodeCopier;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.TlsConfig;
import io.troika.server.tls.CertificateAuthority;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The status page in headless Chromium. Wants a Python with Playwright, named by {@code
 * PLAYWRIGHT_PYTHON}, and a Chromium; {@code .ci/run} gets both. Nothing is installed here.
 */
@Timeout(600)
final class StatusPageInBrowserTest {
  private static final Path SCRIPT = Path.of("src/test/python/status_page.py").toAbsolutePath();
  private static final Path PICTURES = Path.of("target/status-page").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long SHOWN_MILLIS_MAX = 2_000;
  private static final int CHANGES = 3;
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path directory;

  private static String requirePython() throws IOException, InterruptedException {
    String python = System.getenv().getOrDefault("PLAYWRIGHT_PYTHON", "");
    assumeTrue(
        !python.isEmpty(),
        "NOT TESTED: the status page in a browser, because PLAYWRIGHT_PYTHON names no Python");
    Process check =
        new ProcessBuilder(python, SCRIPT.toString(), "check").redirectErrorStream(true).start();
    String said = new String(check.getInputStream().readAllBytes(), UTF_8);
    assertThat(check.waitFor()).as(said).isZero();
    return python;
  }

  @Test
  void page_leaderChanges_areShownWithinTwoSeconds() throws IOException, InterruptedException {
    String python = requirePython();
    Files.createDirectories(PICTURES);
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 3);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      assertThat(client.admin().createStorage("dropped").name()).isEqualTo("dropped");
      client.admin().createGroup("g1");
      String url = "http://" + layout.nodes().get(0).httpListen() + "/";
      Process browser =
          new ProcessBuilder(
                  python,
                  SCRIPT.toString(),
                  "watch",
                  url,
                  String.valueOf(CHANGES),
                  PICTURES.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(browser.getInputStream(), UTF_8))) {
        String shown = next(lines).get("leader").getAsString();
        assertThat(shown).isEqualTo(client.admin().status().leader().nodeId());
        List<Long> delays = new ArrayList<>();
        for (int i = 0; i < CHANGES; i++) {
          String next = shown.equals("n2") ? "n3" : "n2";
          var unused = client.admin().transferLeadership(next);
          long known = System.currentTimeMillis();
          JsonObject change = next(lines);
          shown = change.get("leader").getAsString();
          assertThat(shown).isEqualTo(next);
          delays.add(change.get("at").getAsLong() - known);
          if (i == 0) {
            change(client);
          }
        }
        JsonObject end = next(lines);

        // The quickest, because a machine that does much else may be late.
        assertThat(Collections.min(delays)).as("%s ms", delays).isLessThan(SHOWN_MILLIS_MAX);
        assertThat(end.getAsJsonArray("problems")).isEmpty();
        assertThat(end.get("plots").getAsInt()).isEqualTo(2);
        assertThat(end.getAsJsonArray("nodes").toString())
            .isEqualTo("[\"n1 (this one)\",\"n2\",\"n3\"]");
        assertThat(end.getAsJsonArray("storages").toString())
            .as("after what changed while it was open")
            .isEqualTo("[\"g0/main 1\",\"g1/made 0\"]");
        assertThat(end.getAsJsonArray("groups").toString())
            .isEqualTo("[\"g0 In step\",\"g1 In step\"]");
        assertThat(end.get("sideways").getAsBoolean()).isFalse();
        assertThat(browser.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(cluster.nodes()).hasSize(3);
      } finally {
        browser.destroyForcibly();
      }
    }
  }

  /** Of each kind one: an object, a storage, one storage less. */
  private static void change(TroikaClient client) {
    var unused = client.store("main").run(tx -> tx.create("a", Codec.UTF8));
    assertThat(client.admin().createStorage("made", "g1").name()).isEqualTo("made");
    client.admin().dropStorage("dropped", 1);
  }

  @Test
  void page_operatorWithAToken_pressesEachButtonByKeyboard()
      throws IOException, InterruptedException {
    String python = requirePython();
    Files.createDirectories(PICTURES);
    ClusterLayout layout = secured(ClusterLayout.onFreePorts(directory, 3));
    try (LocalCluster cluster = LocalCluster.start(layout, NodeCopier::copy);
        TroikaClient operator = operator(layout)) {
      WholeCluster.awaitIt(operator, PATIENCE);
      String token =
          operator
              .admin()
              .createToken(
                  new AccessGrant(
                      Kind.TOKEN, "ops", Set.of(Permission.ADMIN), Set.of(), Optional.empty()));
      ObjectStore store = operator.store("main");
      Oid oid = store.run(tx -> tx.create("a", Codec.UTF8));
      store.execute(tx -> tx.write(oid, "b", Codec.UTF8));
      String url = "https://" + layout.nodes().get(0).httpListen() + "/";
      Process browser =
          new ProcessBuilder(python, SCRIPT.toString(), "operate", url, PICTURES.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(browser.getInputStream(), UTF_8))) {
        browser.getOutputStream().write((token + "\n").getBytes(UTF_8));
        browser.getOutputStream().flush();
        assertThat(next(lines).get("buttons").toString()).contains("Log in").doesNotContain("Pack");
        JsonObject refused = next(lines);
        assertThat(refused.get("refused").getAsString()).contains("token: not known here");
        assertThat(refused.get("kept").getAsString()).isEmpty();
        assertThat(next(lines).get("who").getAsString()).startsWith("token 'ops', 1");
        JsonObject buttons = next(lines);
        assertThat(buttons.get("buttons").toString()).contains("Log out", "Pack main", "on n3");
        assertThat(buttons.getAsJsonArray("unreached")).isEmpty();
        JsonObject given = next(lines);
        assertThat(given.get("open").getAsBoolean()).isFalse();
        assertThat(given.get("focused").getAsString()).isEqualTo("Take a snapshot on n1");
        assertThat(next(lines).get("said").getAsString()).contains("n1 has applied up to entry");
        assertThat(next(lines).get("said").getAsString()).isEqualTo("The pack of main has begun.");
        assertThat(next(lines).get("said").getAsString())
            .isEqualTo("The backup of main on n1 has begun.");
        JsonObject transfer = next(lines);
        String leader = transfer.get("leader").getAsString();
        assertThat(transfer.get("said").getAsString()).contains(leader + " leads now");
        assertThat(transfer.get("late").getAsLong()).isLessThan(PATIENCE.toMillis());
        assertThat(operator.admin().status().leader().nodeId()).isEqualTo(leader);
        operator.admin().createGroup("g1");
        JsonObject other = next(lines);
        assertThat(other.get("said").getAsString())
            .matches("n[1-3] leads group g1 now, in term \\d+\\.")
            .startsWith(other.get("label").getAsString().split(" ", -1)[1]);
        assertThat(other.get("ofNodes").getAsInt()).isZero();
        assertThat(operator.admin().status().leader().nodeId()).isEqualTo(leader);
        assertThat(BackupDirectory.read(directory.resolve("backups/n1/main")).storage())
            .isEqualTo("main");
        JsonObject end = next(lines);
        assertThat(end.get("buttons").toString()).contains("Log in").doesNotContain("Pack");
        assertThat(end.getAsJsonArray("problems")).isEmpty();
        assertThat(end.getAsJsonArray("pale")).isEmpty();
        assertThat(end.get("sideways").getAsBoolean()).isFalse();
        assertThat(end.getAsJsonArray("told")).isEmpty();
        assertThat(browser.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(cluster.nodes()).hasSize(3);
      } finally {
        browser.destroyForcibly();
      }
    }
  }

  private ClusterLayout secured(ClusterLayout plain) throws IOException {
    Path certificates = directory.resolve("certificates");
    CertificateAuthority authority = CertificateAuthority.create(certificates, Clock.systemUTC());
    assertThat(authority.issueClient("operator", YEAR)).exists();
    List<NodeConfig> nodes = new ArrayList<>();
    for (NodeConfig node : plain.nodes()) {
      assertThat(authority.issueNode(node.nodeId(), List.of("127.0.0.1"), YEAR)).exists();
      nodes.add(
          node.securedBy(SecureHttp.files(certificates, node.nodeId()))
              .backingUpTo(directory.resolve("backups").resolve(node.nodeId()))
              .allowing(node.security().requiringAccess(List.of("operator"))));
    }
    return new ClusterLayout(plain.directory(), nodes);
  }

  private TroikaClient operator(ClusterLayout layout) {
    TlsConfig files = SecureHttp.files(directory.resolve("certificates"), "operator");
    return TroikaClient.builder()
        .endpoints(layout.endpoints())
        .tls(files.certificate(), files.key(), files.authority())
        .build();
  }

  private static JsonObject next(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    assertThat(line).as("what the browser says").isNotNull();
    return JsonParser.parseString(line).getAsJsonObject();
  }
}
