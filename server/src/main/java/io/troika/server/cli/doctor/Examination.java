package io.troika.server.cli.doctor;

import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GroupStatus;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.NodeStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that was found out about a cluster.
 *
 * @param answers of each node that is known, by node id
 * @param saidLater what those who still answered said a moment later
 * @param ownCertificateExpires of this command; null without TLS
 * @param now by this machine's clock
 */
record Examination(
    List<NodeAnswer> answers,
    List<GetClusterStatusResponse> saidLater,
    @Nullable Instant ownCertificateExpires,
    Instant now) {
  Examination {
    answers = List.copyOf(answers);
    saidLater = List.copyOf(saidLater);
  }

  /** The nodes that answered. */
  List<NodeAnswer> answered() {
    return answers.stream().filter(NodeAnswer::answered).toList();
  }

  List<NodeReport> reports() {
    return answers.stream().flatMap(each -> Optional.ofNullable(each.report()).stream()).toList();
  }

  /** What is known of each member: its own word, else that of one who reached it, else any. */
  Map<String, NodeStatus> members() {
    return members(answers);
  }

  static Map<String, NodeStatus> members(List<NodeAnswer> answers) {
    return best(said(answers), GetClusterStatusResponse::getNodesList);
  }

  /** What was said of each member a moment later. */
  Map<String, NodeStatus> later() {
    return best(saidLater, GetClusterStatusResponse::getNodesList);
  }

  private static List<GetClusterStatusResponse> said(List<NodeAnswer> answers) {
    return answers.stream().flatMap(each -> Optional.ofNullable(each.status()).stream()).toList();
  }

  /** The Raft groups beside {@code g0} of which anybody knows. */
  SortedSet<String> furtherGroups() {
    return said(answers).stream()
        .flatMap(status -> status.getGroupsList().stream())
        .map(GroupStatus::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The members of such a group, as {@link #members}. */
  Map<String, NodeStatus> members(String group) {
    return best(said(answers), status -> nodes(status, group));
  }

  /** The same a moment later. */
  Map<String, NodeStatus> later(String group) {
    return best(saidLater, status -> nodes(status, group));
  }

  private static List<NodeStatus> nodes(GetClusterStatusResponse status, String group) {
    return find(status, group).map(GroupStatus::getNodesList).orElse(List.of());
  }

  /** What a node said of such a group; empty if it has not heard of it. */
  static Optional<GroupStatus> find(GetClusterStatusResponse status, String group) {
    return status.getGroupsList().stream().filter(each -> each.getName().equals(group)).findFirst();
  }

  private static Map<String, NodeStatus> best(
      List<GetClusterStatusResponse> said,
      Function<GetClusterStatusResponse, List<NodeStatus>> nodes) {
    Map<String, NodeStatus> best = new TreeMap<>();
    for (GetClusterStatusResponse status : said) {
      for (NodeStatus node : nodes.apply(status)) {
        boolean own = node.getNodeId().equals(status.getAnsweringNode());
        NodeStatus known = best.get(node.getNodeId());
        if (known == null || own || !known.getReachable()) {
          best.put(node.getNodeId(), node);
        }
      }
    }
    return best;
  }

  /** The members that vote. One that nobody reached counts: it may have a vote. */
  List<NodeStatus> voters() {
    return members().values().stream()
        .filter(member -> member.getRole() != NodeRole.LEARNER)
        .toList();
  }

  /** The last entry that anybody knows to be committed; -1 if that is not known. */
  static long committed(Map<String, NodeStatus> members) {
    return members.values().stream().mapToLong(NodeStatus::getCommittedIndex).max().orElse(-1);
  }

  /** Such as {@code n1, n2 and n3}. */
  static String names(List<String> names) {
    int last = names.size() - 1;
    return last <= 0
        ? String.join("", names)
        : names.subList(0, last).stream().collect(Collectors.joining(", "))
            + " and "
            + names.get(last);
  }
}
