package io.troika.server.cli.doctor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The nodes' clocks agree. One that does not dates nothing; but when most of them don't, tids and
 * expiries are wrong for good.
 */
final class ClockCheck implements Check {
  private static final Duration SKEW_MAX = Duration.ofSeconds(1);
  private static final double MILLIS_PER_SECOND = 1_000;

  @Override
  public String name() {
    return "clocks";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    List<NodeAnswer> answered = sorted(examination);
    List<Finding> findings = new ArrayList<>();
    if (answered.isEmpty()) {
      return findings;
    }
    NodeAnswer middle = answered.get((answered.size() - 1) / 2); // as the nodes themselves
    for (NodeAnswer each : answered) {
      Duration apart = each.clockAhead().minus(middle.clockAhead());
      // What the round trips may account for is no proof.
      Duration doubt = each.roundTrip().plus(middle.roundTrip()).dividedBy(2);
      if (apart.abs().minus(doubt).compareTo(SKEW_MAX) > 0) {
        findings.add(
            Finding.warning(
                each.nodeId(),
                String.format(
                    Locale.ROOT,
                    "its clock is %.1f s %s that of %s",
                    seconds(apart.abs()),
                    apart.isNegative() ? "behind" : "ahead of",
                    middle.nodeId()),
                "Let NTP (chrony, systemd-timesyncd) set the clocks of all nodes; over 2 s off this one takes the others' time for tids, and only its log lines are off."));
      }
    }
    return findings;
  }

  private static List<NodeAnswer> sorted(Examination examination) {
    return examination.answered().stream()
        .sorted(Comparator.comparing(NodeAnswer::clockAhead))
        .toList();
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS_PER_SECOND;
  }

  @Override
  public String whenGood(Examination examination) {
    List<NodeAnswer> answered = sorted(examination);
    if (answered.isEmpty()) {
      return "no clock was seen";
    }
    Duration apart =
        answered.get(answered.size() - 1).clockAhead().minus(answered.get(0).clockAhead());
    return "those of the nodes are %s ms apart".formatted(apart.toMillis());
  }
}
