package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeReport;
import io.troika.api.v1.NodeStatus;
import io.troika.server.config.SharedSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The members in each node's file are those of the group. The group is right; but a node that loses
 * its directory asks those who are in its file, and where it finds nobody it may not come back.
 */
final class MembersCheck implements Check {
  @Override
  public String name() {
    return "members";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    Map<String, String> group = group(examination);
    return examination.reports().stream()
        .filter(report -> group.containsKey(report.getNodeId()))
        .filter(report -> report.containsSettings(SharedSettings.MEMBERS))
        .filter(report -> !file(report).equals(group))
        .map(report -> finding(report, group))
        .toList();
  }

  private static Map<String, String> group(Examination examination) {
    return examination.members().values().stream()
        .collect(Collectors.toMap(NodeStatus::getNodeId, NodeStatus::getClientAddress));
  }

  private static Map<String, String> file(NodeReport report) {
    return Arrays.stream(report.getSettingsOrThrow(SharedSettings.MEMBERS).split(", "))
        .map(member -> member.split("=", 2))
        .collect(
            Collectors.toMap(member -> member[0], member -> member.length == 2 ? member[1] : ""));
  }

  private static Finding finding(NodeReport report, Map<String, String> group) {
    boolean alone = file(report).size() == 1 && group.size() > 1;
    return Finding.warning(
        report.getNodeId(),
        "its file says members %s, the group consists of %s%s"
            .formatted(
                words(file(report)),
                words(group),
                alone ? "; with an empty directory it would begin a group of its own" : ""),
        "Change 'members' in its configuration file: a node that loses its directory asks those who are in it. The node reads it at its next start; nothing has to be restarted for it.");
  }

  private static String words(Map<String, String> members) {
    return new TreeMap<>(members)
        .entrySet().stream()
            .map(member -> "%s (%s)".formatted(member.getKey(), member.getValue()))
            .collect(Collectors.joining(", "));
  }

  @Override
  public String whenGood(Examination examination) {
    return "the files of all nodes name the %s of the group".formatted(group(examination).size());
  }
}
