package io.troika.server.cli.doctor;

import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.NodeStatus;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that was found out about a cluster.
 *
 * @param answers of each node that is known, by node id
 * @param later what was said of each node a moment later, by node id; without those that nobody
 *     reached
 * @param ownCertificateExpires of this command; null without TLS
 * @param now by this machine's clock
 */
public record Examination(
    List<NodeAnswer> answers,
    Map<String, NodeStatus> later,
    @Nullable Instant ownCertificateExpires,
    Instant now) {
  public Examination {
    answers = List.copyOf(answers);
    later = Map.copyOf(later);
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
    return best(
        answers.stream().flatMap(each -> Optional.ofNullable(each.status()).stream()).toList());
  }

  /** The same of what several nodes said. */
  static Map<String, NodeStatus> best(Collection<GetClusterStatusResponse> said) {
    Map<String, NodeStatus> best = new TreeMap<>();
    for (GetClusterStatusResponse status : said) {
      for (NodeStatus node : status.getNodesList()) {
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
