package io.troika.server.service.ports;

import io.troika.server.core.model.GroupInfo;

/**
 * Who leads a Raft group, as one node sees it.
 *
 * @param group its name
 * @param term the current term
 * @param leader node id, empty while none is known
 * @param leaderClientAddress {@code host:port} of the leader's client port, empty while unknown
 * @param elected whether it is this node
 * @param self whether it is this node, and it is ready: it has applied an entry of its own term
 */
public record Leadership(
    String group,
    long term,
    String leader,
    String leaderClientAddress,
    boolean elected,
    boolean self) {

  /** Of {@code g0}. */
  public Leadership(
      long term, String leader, String leaderClientAddress, boolean elected, boolean self) {
    this(GroupInfo.MAIN, term, leader, leaderClientAddress, elected, self);
  }

  /** Of {@code g0}: a leader that is ready if it is this node. */
  public Leadership(long term, String leader, String leaderClientAddress, boolean self) {
    this(term, leader, leaderClientAddress, self, self);
  }

  /** Of a group whose leader is not known. */
  public static Leadership unknown(String group, long term) {
    return new Leadership(group, term, "", "", false, false);
  }

  public boolean isKnown() {
    return !leader.isEmpty();
  }

  /** Whether this node was elected and is about to be ready: within a round trip to its peers. */
  public boolean isStarting() {
    return elected && !self;
  }
}
