package io.troika.server.service;

/**
 * Who leads, as one node sees it.
 *
 * @param term the current term
 * @param leader node id, empty while none is known
 * @param leaderClientAddress {@code host:port} of the leader's client port, empty while unknown
 * @param self whether it is this node, and it is ready: it has applied an entry of its own term
 */
public record Leadership(long term, String leader, String leaderClientAddress, boolean self) {
  public boolean isKnown() {
    return !leader.isEmpty();
  }
}
