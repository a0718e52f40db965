package io.troika.server.node;

import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerEndpoints;
import org.jspecify.annotations.Nullable;

/** Answers peers that this node is starting, until Raft has started and answers itself. */
final class StartingEndpoint implements PeerEndpoints {
  private volatile @Nullable PeerEndpoints raft;

  void started(PeerEndpoints endpoints) {
    raft = endpoints;
  }

  @Override
  public PeerEndpoint of(String group) {
    PeerEndpoints endpoints = raft;
    if (endpoints == null) {
      throw new IllegalStateException("this node is starting");
    }
    return endpoints.of(group);
  }
}
