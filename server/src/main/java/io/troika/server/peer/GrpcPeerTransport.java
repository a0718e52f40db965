package io.troika.server.peer;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.PeerTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Asks the peers of this node. */
public final class GrpcPeerTransport implements PeerTransport {
  private Map<String, HostAndPort> peers;

  /**
   * Connects to all peers from now on.
   *
   * @param nodeId this node's own id, which it tells its peers
   * @param peers the peer addresses of the others, by node id; this node's own is ignored
   */
  public GrpcPeerTransport(String nodeId, Map<String, HostAndPort> peers, PeerSettings settings) {
    this.peers = Map.copyOf(peers);
  }

  /** Replaces the set of peers, when the group's members change; the kept ones stay connected. */
  public void setPeers(Map<String, HostAndPort> peers) {
    this.peers = Map.copyOf(peers);
  }

  @Override
  public CompletableFuture<PeerState> state(String peer, Duration timeout) {
    throw new UnsupportedOperationException("in the next commit: " + peers.get(peer));
  }

  @Override
  public CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout) {
    throw new UnsupportedOperationException("in the next commit");
  }

  @Override
  public CompletableFuture<Boolean> probeDead(String suspect, Duration timeout) {
    throw new UnsupportedOperationException("in the next commit");
  }

  @Override
  public void onConnectionLost(Consumer<String> listener) {
    throw new UnsupportedOperationException("in the next commit");
  }

  @Override
  public CompletableFuture<LogPosition> fetchCheckpoint(String peer, Path into, Duration timeout) {
    throw new UnsupportedOperationException("in the next commit");
  }

  @Override
  public void close() {
    peers = Map.of();
  }
}
