package io.troika.server.cli.doctor;

import io.troika.api.v1.NodeStatus;
import java.util.List;

/** A majority of the voters takes part, and one more may fail. */
final class QuorumCheck implements Check {
  @Override
  public String name() {
    return "quorum";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    List<NodeStatus> voters = examination.voters();
    long there = there(voters);
    int needed = voters.size() / 2 + 1;
    if (voters.isEmpty()) {
      return List.of(
          Finding.error(
              "",
              "no node answers, so it is not known whether there is a majority",
              "Look at --endpoints (or TROIKA_ENDPOINTS), then at the nodes' processes and logs."));
    } else if (there < needed) {
      return List.of(
          Finding.error(
              "",
              "only %s of %s voters take part, %s are needed: nothing can be committed"
                  .formatted(there, voters.size(), needed),
              "Start %s more of them with their data; do not wipe any, what was committed may be on it only."
                  .formatted(needed - there)));
    } else if (there == needed && voters.size() > 2) {
      return List.of(
          Finding.warning(
              "",
              "%s of %s voters take part, just a majority: none of them may fail"
                  .formatted(there, voters.size()),
              "Bring back those that are missing before anything else is done to the others."));
    }
    return List.of();
  }

  private static long there(List<NodeStatus> voters) {
    return voters.stream().filter(NodeStatus::getReachable).count();
  }

  @Override
  public String whenGood(Examination examination) {
    List<NodeStatus> voters = examination.voters();
    long spare = there(voters) - (voters.size() / 2 + 1);
    return "%s of %s voters take part, %s may fail"
        .formatted(there(voters), voters.size(), spare == 0 ? "none" : spare);
  }
}
