package io.troika.client;

import java.util.List;

/**
 * A Raft group other than the one that a cluster begins with, as one node sees it.
 *
 * @param leader as it knows
 * @param nodes all members, ordered by node id; none while the answering node has no part in it yet
 */
public record GroupStatus(String name, LeaderInfo leader, List<NodeStatus> nodes) {
  public GroupStatus {
    nodes = List.copyOf(nodes);
  }
}
