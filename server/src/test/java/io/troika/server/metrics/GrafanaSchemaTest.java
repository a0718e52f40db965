package io.troika.server.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The dashboard against Grafana's own types. Wants a Python with {@code grafana-foundation-sdk},
 * which the environment names as {@code GRAFANA_PYTHON}; {@code .ci/run} gets it.
 */
@Timeout(600)
final class GrafanaSchemaTest {
  private static final Path SCRIPT = Path.of("src/test/python/grafana_schema.py").toAbsolutePath();

  @TempDir Path directory;

  private record Said(int exitCode, String text) {}

  private static Said check(Path dashboard) throws IOException, InterruptedException {
    String python = System.getenv().getOrDefault("GRAFANA_PYTHON", "");
    assumeTrue(
        !python.isEmpty(),
        "NOT TESTED: the dashboard against Grafana's schema, because GRAFANA_PYTHON names no Python");
    Process process =
        new ProcessBuilder(python, SCRIPT.toString(), dashboard.toString())
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Said(process.waitFor(), text);
  }

  @Test
  void dashboard_isOneOfGrafanas() throws IOException, InterruptedException {
    assertThat(check(Dashboard.FILE)).isEqualTo(new Said(0, ""));
  }

  /** What Grafana would pass over without a word. */
  @ParameterizedTest
  @CsvSource({
    "legendFormat, legenFormat, targets[0].legenFormat: unknown to Grafana",
    "timezone, timeZone, dashboard.timeZone: unknown to Grafana",
    "'\"colorMode\": \"none\"', '\"colorMode\": \"no\"', expected one of",
    "'\"type\": \"stat\"', '\"type\": \"stta\"', of a kind of panel that Grafana does not have",
    "'\"type\": \"prometheus\"', '\"type\": \"prometeus\"', asks a kind of data source",
    "'\"w\": 4', '\"w\": \"4\"', 'expected int'",
  })
  void dashboard_withAMistake_isNot(String right, String wrong, String said)
      throws IOException, InterruptedException {
    String text = Files.readString(Dashboard.FILE);
    assertThat(text).contains(right);
    Path spoilt = directory.resolve("spoilt.json");
    Files.writeString(spoilt, text.replace(right, wrong));

    Said found = check(spoilt);

    assertThat(found.exitCode()).as(found.text()).isEqualTo(1);
    assertThat(found.text()).contains(said);
  }
}
