package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** All nodes run the same version. */
final class VersionCheck implements Check {
  @Override
  public String name() {
    return "version";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    return versions(examination).size() <= 1
        ? List.of()
        : List.of(
            Finding.warning(
                "",
                "the nodes run different versions: "
                    + examination.reports().stream()
                        .map(report -> report.getNodeId() + " " + report.getVersion())
                        .collect(Collectors.joining(", ")),
                "Finish the upgrade, node by node; during one this is as it should be."));
  }

  private static Set<String> versions(Examination examination) {
    return examination.reports().stream()
        .map(NodeReport::getVersion)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Override
  public String whenGood(Examination examination) {
    return "Troika " + String.join(", ", versions(examination)) + " on each";
  }
}
