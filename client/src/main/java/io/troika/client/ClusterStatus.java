package io.troika.client;

import java.util.List;

/**
 * A cluster as one node sees it.
 *
 * @param answeringNode the id of that node
 * @param leader as it knows
 * @param nodes all members, ordered by node id
 * @param storages as the answering node has them
 * @param version of the answering node's software
 * @param jobs that the answering node knows of: those that run, then the last that ended
 */
public record ClusterStatus(
    String answeringNode,
    LeaderInfo leader,
    List<NodeStatus> nodes,
    List<StorageInfo> storages,
    String version,
    List<Job> jobs) {
  public ClusterStatus {
    nodes = List.copyOf(nodes);
    storages = List.copyOf(storages);
    jobs = List.copyOf(jobs);
  }
}
