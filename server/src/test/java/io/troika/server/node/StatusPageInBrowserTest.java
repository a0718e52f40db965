package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.client.TroikaClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The status page in headless Chromium. Wants a Python with Playwright, named by {@code
 * PLAYWRIGHT_PYTHON}, and a Chromium; {@code .ci/run} gets both. Nothing is installed here.
 */
@Timeout(300)
final class StatusPageInBrowserTest {
  private static final Path SCRIPT = Path.of("src/test/python/status_page.py").toAbsolutePath();
  private static final Path PICTURES = Path.of("target/status-page").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long SHOWN_MILLIS_MAX = 2_000;
  private static final int CHANGES = 3;

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
        TroikaClient client = TroikaClient.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
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
        }
        JsonObject end = next(lines);

        // Of a few, because a machine that does much else may be late for once.
        Collections.sort(delays);
        assertThat(delays.get(CHANGES / 2)).as("%s ms", delays).isLessThan(SHOWN_MILLIS_MAX);
        assertThat(end.getAsJsonArray("problems")).isEmpty();
        assertThat(end.get("plots").getAsInt()).isEqualTo(2);
        assertThat(end.getAsJsonArray("nodes").toString())
            .isEqualTo("[\"n1 (this one)\",\"n2\",\"n3\"]");
        assertThat(end.get("sideways").getAsBoolean()).isFalse();
        assertThat(browser.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(cluster.nodes()).hasSize(3);
      } finally {
        browser.destroyForcibly();
      }
    }
  }

  private static JsonObject next(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    assertThat(line).as("what the browser says").isNotNull();
    return JsonParser.parseString(line).getAsJsonObject();
  }
}
