package io.troika.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The alarms that come with Troika are about what it measures, and each has its page. */
final class AlertsTest {
  private static final Path RULES = Path.of("../docker/observability/alerts.yml");
  private static final Path GUIDE = Path.of("docs/operating.md");
  private static final Path METRICS = Path.of("docs/metrics.md");

  private static Set<String> found(Path file, String pattern) throws IOException {
    Set<String> names = new TreeSet<>();
    Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(Files.readString(file))
        .results()
        .forEach(match -> names.add(match.group(1)));
    return names;
  }

  @Test
  void alarms_useMetricsThatThereAre() throws IOException {
    Set<String> documented = found(METRICS, "`(troika_[a-z_]+)`");

    assertThat(found(RULES, "(troika_[a-z_]+?)(?:_bucket)?(?=[ \\[{)])"))
        .isNotEmpty()
        .isSubsetOf(documented);
  }

  @Test
  void alarms_eachHasItsPartOfTheGuide() throws IOException {
    assertThat(found(GUIDE, "^### (Troika\\w+)$"))
        .isEqualTo(found(RULES, "- alert: (\\w+)$"))
        .isNotEmpty();
  }
}
