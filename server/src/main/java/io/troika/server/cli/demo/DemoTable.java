package io.troika.server.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The result of a demo as a table of two columns. */
final class DemoTable {
  private static final double NANOS_PER_MILLI = 1e6;
  private final List<String> lines = new ArrayList<>();

  private DemoTable() {}

  /** One line a row. */
  static List<String> lines(DemoResult result) {
    DemoTable table = new DemoTable();
    table.row("transactions", "%,d", result.transactions());
    table.row("revisions", "%,d", result.objects());
    table.row("data", "%.1f MB", result.bytes() / 1e6);
    table.row("commits per second", "%,.0f", result.commitsPerSecond());
    table.row("commit latency p50", "%.1f ms", millis(result, 50));
    table.row("commit latency p99", "%.1f ms", millis(result, 99));
    table.row("fail-over gap", "%,d ms", result.failOverGap().toMillis());
    table.row("reads meanwhile", "%,d", result.reads());
    table.row("reads without an answer", "%,d", result.failedReads());
    table.row("lost", "%,d", result.lost());
    table.row("duplicated", "%,d", result.duplicated());
    table.row("stale reads", "%,d", result.staleReads());
    table.row("replicas", "%s", result.replicasEqual() ? "equal" : "NOT EQUAL");
    return List.copyOf(table.lines);
  }

  private static double millis(DemoResult result, double percentile) {
    return result.commitNanos().getValueAtPercentile(percentile) / NANOS_PER_MILLI;
  }

  private void row(String name, String format, Object value) {
    lines.add(
        String.format(Locale.ROOT, "  %-24s %s", name, String.format(Locale.ROOT, format, value)));
  }
}
