package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import io.troika.server.config.SharedSettings;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What has to be the same in the configuration of every node is the same. */
final class SettingsCheck implements Check {
  @Override
  public String name() {
    return "settings";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    List<NodeReport> reports = examination.reports();
    return keys(reports).stream()
        .filter(key -> byValue(reports, key).size() > 1)
        .map(key -> finding(key, byValue(reports, key)))
        .toList();
  }

  private static Set<String> keys(List<NodeReport> reports) {
    return reports.stream()
        .flatMap(report -> report.getSettingsMap().keySet().stream())
        .filter(key -> !key.equals(SharedSettings.MEMBERS)) // see MembersCheck
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The nodes by what they have there. A key that a node's version does not know is no value. */
  private static Map<String, List<String>> byValue(List<NodeReport> reports, String key) {
    return reports.stream()
        .filter(report -> report.containsSettings(key))
        .collect(
            Collectors.groupingBy(
                report -> Objects.requireNonNull(report.getSettingsMap().get(key)),
                TreeMap::new,
                Collectors.mapping(NodeReport::getNodeId, Collectors.toList())));
  }

  private static Finding finding(String key, Map<String, List<String>> byValue) {
    return Finding.warning(
        "",
        "%s differs: %s"
            .formatted(
                key,
                byValue.entrySet().stream()
                    .map(each -> each.getKey() + " on " + Examination.names(each.getValue()))
                    .collect(Collectors.joining("; "))),
        "Give all nodes the same %s and restart those that are changed, one by one."
            .formatted(key));
  }

  @Override
  public String whenGood(Examination examination) {
    return "%s that have to be alike are alike".formatted(keys(examination.reports()).size());
  }
}
