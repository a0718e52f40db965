package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeStatus;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every node answers. */
final class ReachableCheck implements Check {
  @Override
  public String name() {
    return "reachable";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    Map<String, NodeStatus> members = examination.members();
    return examination.answers().stream()
        .filter(answer -> !answer.answered())
        .map(answer -> finding(answer, members.get(answer.nodeId())))
        .toList();
  }

  private static Finding finding(NodeAnswer answer, @Nullable NodeStatus member) {
    if (member != null && member.getReachable()) {
      return Finding.warning(
          answer.nodeId(),
          "it answers the other nodes, but not this command at %s: %s"
              .formatted(answer.address(), answer.failure()),
          "Look at firewalls and names between here and that address; clients may not reach it either.");
    }
    return Finding.error(
        answer.nodeId(),
        "nobody answers at %s: %s".formatted(answer.address(), answer.failure()),
        "Look whether its process runs, and at the end of its log; start it again with its data.");
  }

  @Override
  public String whenGood(Examination examination) {
    return Examination.names(examination.answers().stream().map(NodeAnswer::nodeId).toList())
        + " answer";
  }
}
