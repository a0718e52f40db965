package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import java.util.List;
import java.util.stream.Collectors;

/** Each node says that it can serve. */
final class ReadyCheck implements Check {
  @Override
  public String name() {
    return "ready";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    return examination.reports().stream()
        .filter(report -> !report.getAlive() || !failed(report).isEmpty())
        .map(ReadyCheck::finding)
        .toList();
  }

  private static Finding finding(NodeReport report) {
    return report.getAlive()
        ? Finding.error(
            report.getNodeId(),
            "it is not ready to serve: " + failed(report),
            "Clients go to the others meanwhile; what else is found here says why, or its log does.")
        : Finding.error(
            report.getNodeId(),
            "it is broken and takes no part any more",
            "Read the end of its log, then restart it.");
  }

  private static String failed(NodeReport report) {
    return report.getChecksList().stream()
        .filter(check -> !check.getPassed())
        .map(check -> check.getName() + ": " + check.getDetail())
        .collect(Collectors.joining("; "));
  }

  @Override
  public String whenGood(Examination examination) {
    return "each node that answers can serve";
  }
}
