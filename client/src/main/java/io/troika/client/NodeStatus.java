package io.troika.client;

/**
 * One member of the cluster. Numbers are -1 where the node did not answer.
 *
 * @param nodeId its id
 * @param address host:port of its client port
 * @param raftAddress host:port of its port for peers
 * @param reachable whether it answered when asked for this
 * @param role as it says itself
 * @param term its Raft term
 * @param committedIndex log entries that it knows to be committed
 * @param appliedIndex log entries that it has applied
 * @param snapshotIndex what is durable in its state
 * @param lagEntries the group's highest committed index minus its applied index
 * @param diskBytes state and log together
 */
public record NodeStatus(
    String nodeId,
    String address,
    String raftAddress,
    boolean reachable,
    Role role,
    long term,
    long committedIndex,
    long appliedIndex,
    long snapshotIndex,
    long lagEntries,
    long diskBytes) {
  /** What a node is in its Raft group. */
  public enum Role {
    /** It did not answer. */
    UNKNOWN,
    LEADER,
    FOLLOWER,
    CANDIDATE,
    /** Has the data, has no vote. */
    LEARNER
  }
}
