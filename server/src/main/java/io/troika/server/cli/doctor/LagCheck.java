package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Each node has applied what is committed, or comes nearer to it. */
final class LagCheck implements Check {
  /** What a follower under load may be behind. */
  static final long ENTRIES_MAX = 1_000;

  @Override
  public String name() {
    return "lag";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    List<Finding> findings = new ArrayList<>();
    findings.addAll(examine(examination.members(), examination.later(), ""));
    for (String group : examination.furtherGroups()) {
      findings.addAll(
          examine(examination.members(group), examination.later(group), " in group " + group));
    }
    return findings;
  }

  private static List<Finding> examine(
      Map<String, NodeStatus> members, Map<String, NodeStatus> laterMembers, String where) {
    long committed = Examination.committed(members);
    List<Finding> findings = new ArrayList<>();
    for (NodeStatus member : members.values()) {
      NodeStatus later = laterMembers.get(member.getNodeId());
      if (!member.getReachable() || later == null || !later.getReachable()) {
        continue;
      }
      long missing = committed - later.getAppliedIndex();
      if (later.getAppliedIndex() <= member.getAppliedIndex() && missing > 0) {
        findings.add(stuck(member.getNodeId(), missing, where));
      } else if (missing > ENTRIES_MAX) {
        findings.add(
            Finding.warning(
                member.getNodeId(),
                "it is %,d entries behind%s and catches up".formatted(missing, where),
                "Wait before the next planned restart; if that takes long, look at its disk."));
      }
    }
    return findings;
  }

  private static Finding stuck(String node, long missing, String where) {
    return Finding.error(
        node,
        "it is %,d entries behind%s and applies nothing: it cannot rejoin"
            .formatted(missing, where),
        "Look at its log and disk space. If its data is damaged: stop it, move its data directory away, and start it; it fetches the leader's state. Never do that to a majority.");
  }

  @Override
  public String whenGood(Examination examination) {
    return "each node applies what is committed (entry %,d)"
        .formatted(Examination.committed(examination.members()));
  }
}
