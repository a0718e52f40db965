package io.troika.server.raft.peers;

/** What a node answers its peers, by Raft group. Safe for any thread. */
public interface PeerEndpoints {
  /**
   * This node's part in a group.
   *
   * @throws IllegalStateException if it has none, or not yet
   */
  PeerEndpoint of(String group);
}
