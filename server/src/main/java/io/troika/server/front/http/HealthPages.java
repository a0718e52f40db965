package io.troika.server.front.http;

import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Health as monitoring asks for it: 200 for yes, 503 for no, the reason in a line of text. */
final class HealthPages {
  private static final int YES = 200;
  private static final int NO = 503;

  private HealthPages() {}

  /** Whether a restart would not help. */
  static Page.Source live(Supplier<HealthReport> health) {
    return request -> {
      HealthReport report = health.get();
      return report.alive()
          ? Page.text(YES, "live\n")
          : Page.text(NO, "not live: " + report.reason() + "\n");
    };
  }

  /** Whether clients should be sent here; with {@code verbose} a line for each check. */
  static Page.Source ready(Supplier<HealthReport> health) {
    return request -> {
      HealthReport report = health.get();
      String verdict = (report.ready() ? "ready: " : "not ready: ") + report.reason() + "\n";
      String checks = report.checks().stream().map(HealthPages::line).collect(Collectors.joining());
      return Page.text(
          report.ready() ? YES : NO, isVerbose(request.query()) ? checks + verdict : verdict);
    };
  }

  private static String line(Check check) {
    return "[%s] %s: %s%n".formatted(check.passed() ? "+" : "-", check.name(), check.detail());
  }

  private static boolean isVerbose(String query) {
    return Arrays.stream(query.split("&"))
        .anyMatch(parameter -> parameter.equals("verbose") || parameter.startsWith("verbose="));
  }
}
