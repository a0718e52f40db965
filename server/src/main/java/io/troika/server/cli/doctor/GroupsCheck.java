package io.troika.server.cli.doctor;

import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GroupStatus;
import io.troika.api.v1.NodeStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Each further Raft group has one leader that all know, and all nodes of the cluster take part. */
final class GroupsCheck implements Check {
  @Override
  public String name() {
    return "groups";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    List<Finding> findings = new ArrayList<>();
    for (String group : examination.furtherGroups()) {
      List<GetClusterStatusResponse> absent = absent(examination, group);
      absent.forEach(status -> findings.add(notStarted(status, group)));
      findings.addAll(leader(examination, group));
      if (absent.isEmpty()) {
        findings.addAll(silent(examination, group));
      }
      findings.addAll(members(examination, group));
    }
    return findings;
  }

  private static List<GetClusterStatusResponse> said(Examination examination) {
    Map<String, NodeStatus> members = examination.members();
    return examination.answered().stream()
        .flatMap(answer -> Optional.ofNullable(answer.status()).stream())
        .filter(status -> members.containsKey(status.getAnsweringNode()))
        .toList();
  }

  /** Those who have no part in the group. */
  private static List<GetClusterStatusResponse> absent(Examination examination, String group) {
    return said(examination).stream()
        .filter(status -> Examination.find(status, group).map(GroupsCheck::isAbsent).orElse(true))
        .toList();
  }

  private static boolean isAbsent(GroupStatus status) {
    return status.getNodesCount() == 0;
  }

  private static Finding notStarted(GetClusterStatusResponse status, String group) {
    return Finding.error(
        status.getAnsweringNode(),
        "it has no part in group %s: the group has one life less".formatted(group),
        "It begins when it has applied that the group was created; if that lasts, its log says what keeps it.");
  }

  private static List<Finding> leader(Examination examination, String group) {
    List<GetClusterStatusResponse> said = said(examination);
    long newest =
        said.stream()
            .flatMap(status -> Examination.find(status, group).stream())
            .filter(status -> !status.getLeader().getNodeId().isEmpty())
            .mapToLong(status -> status.getLeader().getTerm())
            .max()
            .orElse(-1);
    if (newest < 0) {
      return List.of(
          Finding.error(
              "",
              "group %s has no leader: nothing can be committed to its storages".formatted(group),
              "With a majority of its members there, one is elected within seconds; if not, look at what the nodes' logs say of the group."));
    }
    return said.stream()
        .filter(
            status ->
                Examination.find(status, group)
                    .filter(there -> !isAbsent(there))
                    .filter(there -> !knows(there, newest))
                    .isPresent())
        .map(
            status ->
                Finding.error(
                    status.getAnsweringNode(),
                    "it does not know the leader of term %s of group %s".formatted(newest, group),
                    "It may be cut off from the others' raft and peer ports: look there, and run this again."))
        .toList();
  }

  private static boolean knows(GroupStatus status, long term) {
    return !status.getLeader().getNodeId().isEmpty() && status.getLeader().getTerm() >= term;
  }

  /** Who is there, and does not answer for this group. */
  private static List<Finding> silent(Examination examination, String group) {
    Map<String, NodeStatus> main = examination.members();
    return examination.members(group).values().stream()
        .filter(member -> !member.getReachable())
        .filter(member -> isReachable(main.get(member.getNodeId())))
        .map(
            member ->
                Finding.error(
                    member.getNodeId(),
                    "it answers, but not in group %s".formatted(group),
                    "Its log says what became of the group; restart it if it says nothing."))
        .toList();
  }

  private static boolean isReachable(@Nullable NodeStatus member) {
    return member != null && member.getReachable();
  }

  private static List<Finding> members(Examination examination, String group) {
    List<String> cluster = List.copyOf(examination.members().keySet());
    List<String> there = List.copyOf(examination.members(group).keySet());
    return there.isEmpty() || there.equals(cluster)
        ? List.of()
        : List.of(
            Finding.warning(
                "",
                "group %s consists of %s, the cluster of %s"
                    .formatted(group, Examination.names(there), Examination.names(cluster)),
                "A group follows a change of members within seconds, if its leader reaches all: run this again. Until then no other change is taken."));
  }

  @Override
  public String whenGood(Examination examination) {
    Map<String, String> leaders = new TreeMap<>();
    for (GetClusterStatusResponse status : said(examination)) {
      status
          .getGroupsList()
          .forEach(group -> leaders.put(group.getName(), group.getLeader().getNodeId()));
    }
    return leaders.isEmpty()
        ? "there is one Raft group"
        : "all nodes take part in all: "
            + leaders.entrySet().stream()
                .map(group -> "%s leads %s".formatted(group.getValue(), group.getKey()))
                .collect(Collectors.joining(", "));
  }
}
