package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** One leader, known to all, with a majority. */
final class LeaderCheck implements Check {
  @Override
  public String name() {
    return "leader";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    Map<String, Long> leaders = leaders(examination);
    if (leaders.isEmpty()) {
      return List.of(
          Finding.error(
              "",
              "no node that answers knows a leader: commits and linearizable reads wait",
              "With a majority there, one is elected within seconds; if not, look at what the nodes say of the peer and raft ports of the others in their logs."));
    }
    long newest = leaders.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return Stream.concat(
            examination.reports().stream()
                .filter(report -> report.getTerm() == newest && leadsWithoutAMajority(report))
                .map(
                    report ->
                        Finding.error(
                            "",
                            "%s leads in term %s, and no majority follows it: nothing is committed now"
                                .formatted(report.getNodeId(), newest),
                            "A voter that answers may take no entries, with a full disk or stopped: bring back what else is named here.")),
            outdated(examination, newest))
        .toList();
  }

  private static boolean leadsWithoutAMajority(NodeReport report) {
    return report.getLeader().equals(report.getNodeId())
        && report.getChecksList().stream()
            .anyMatch(check -> check.getName().equals("majority") && !check.getPassed());
  }

  private static Stream<Finding> outdated(Examination examination, long newest) {
    return examination.reports().stream()
        .filter(report -> report.getLeader().isEmpty() || report.getTerm() < newest)
        .map(
            report ->
                Finding.error(
                    report.getNodeId(),
                    "it does not know the leader of term %s%s"
                        .formatted(
                            newest,
                            report.getLeader().isEmpty()
                                ? ""
                                : ", and takes %s for it".formatted(report.getLeader())),
                    "It may be cut off from the others' raft and peer ports: look there, and run this again."));
  }

  /** Who is said to lead, with the newest term in which that was said. */
  private static Map<String, Long> leaders(Examination examination) {
    Map<String, Long> leaders = new TreeMap<>();
    for (NodeReport report : examination.reports()) {
      if (!report.getLeader().isEmpty()) {
        leaders.merge(report.getLeader(), report.getTerm(), Math::max);
      }
    }
    return leaders;
  }

  @Override
  public String whenGood(Examination examination) {
    return leaders(examination).entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(leader -> "%s leads in term %s".formatted(leader.getKey(), leader.getValue()))
        .orElse("");
  }
}
