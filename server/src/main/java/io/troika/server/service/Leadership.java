package io.troika.server.service;

/**
 * Who leads, as one node sees it.
 *
 * @param term the current term
 * @param leader node id, empty while none is known
 * @param leaderClientAddress {@code host:port} of the leader's client port, empty while unknown
 * @param elected whether it is this node
 * @param self whether it is this node, and it is ready: it has applied an entry of its own term
 */
public record Leadership(
    long term, String leader, String leaderClientAddress, boolean elected, boolean self) {

  /** A leader that is ready if it is this node. */
  public Leadership(long term, String leader, String leaderClientAddress, boolean self) {
    this(term, leader, leaderClientAddress, self, self);
  }

  public boolean isKnown() {
    return !leader.isEmpty();
  }

  /** Whether this node was elected and is about to be ready: within a round trip to its peers. */
  public boolean isStarting() {
    return elected && !self;
  }
}
