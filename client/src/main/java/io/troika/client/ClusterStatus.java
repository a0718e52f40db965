package io.troika.client;

import java.util.List;

/**
 * A cluster as one node sees it.
 *
 * @param answeringNode the id of that node
 * @param leader as it knows, of the Raft group that a cluster begins with
 * @param nodes all members, ordered by node id, in that group
 * @param storages as the answering node has them
 * @param version of the answering node's software
 * @param jobs that the answering node knows of: those that run, then the last that ended
 * @param groups the other Raft groups, ordered by name
 * @param clusterId a UUID, made with the cluster and never another; empty if the node knows none
 */
public record ClusterStatus(
    String answeringNode,
    LeaderInfo leader,
    List<NodeStatus> nodes,
    List<StorageInfo> storages,
    String version,
    List<Job> jobs,
    List<GroupStatus> groups,
    String clusterId) {
  /** Of a cluster with one Raft group and no id. */
  public ClusterStatus(
      String answeringNode,
      LeaderInfo leader,
      List<NodeStatus> nodes,
      List<StorageInfo> storages,
      String version,
      List<Job> jobs) {
    this(answeringNode, leader, nodes, storages, version, jobs, List.of(), "");
  }

  public ClusterStatus {
    nodes = List.copyOf(nodes);
    storages = List.copyOf(storages);
    jobs = List.copyOf(jobs);
    groups = List.copyOf(groups);
  }
}
