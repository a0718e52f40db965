package io.troika.server.health;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A node's health at one moment.
 *
 * @param alive whether a restart would not help: false only when the node is broken
 * @param checks all of which must pass for the node to be ready
 */
public record HealthReport(boolean alive, List<Check> checks) {
  public HealthReport {
    checks = List.copyOf(checks);
  }

  /**
   * One condition.
   *
   * @param name of a few words, the same in all versions
   * @param detail what was found, in ASCII, on one line
   */
  public record Check(String name, boolean passed, String detail) {}

  /** Whether clients should be sent to this node. */
  public boolean ready() {
    return checks.stream().allMatch(Check::passed);
  }

  /** What keeps the node from being ready, or what it is ready as; one line. */
  public String reason() {
    return ready()
        ? checks.get(checks.size() - 1).detail()
        : checks.stream()
            .filter(check -> !check.passed())
            .map(check -> check.name() + ": " + check.detail())
            .collect(Collectors.joining("; "));
  }
}
