package io.troika.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboard in {@code docker/observability} asks for what there is. */
final class DashboardTest {
  private static final Path DOCUMENT = Path.of("docs/metrics.md");
  private static final Pattern OURS = Pattern.compile("troika_[a-z_]+");

  private static Set<String> names(String text) {
    TreeSet<String> names = new TreeSet<>();
    OURS.matcher(text).results().forEach(found -> names.add(found.group()));
    return names;
  }

  @Test
  void panels_eachMetricOfOurs_isDocumented() throws IOException {
    Set<String> documented = names(Files.readString(DOCUMENT));
    TreeSet<String> asked = new TreeSet<>();
    Dashboard.expressions().forEach(expression -> asked.addAll(names(expression)));
    // What Prometheus makes of a histogram is not in the list by itself.
    TreeSet<String> named = new TreeSet<>();
    asked.forEach(name -> named.add(name.replaceFirst("_(bucket|count|sum)$", "")));

    assertThat(named).isNotEmpty().isSubsetOf(documented);
  }

  @Test
  void panels_ids_areDistinctAndEachAsksSomething() throws IOException {
    List<Integer> ids = new ArrayList<>();
    Dashboard.panels().forEach(panel -> ids.add(panel.get("id").getAsInt()));

    assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(10);
    assertThat(Dashboard.expressions()).allSatisfy(each -> assertThat(each).isNotBlank());
  }
}
