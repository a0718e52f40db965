package io.troika.server.raft;

import io.troika.server.config.NodeConfig;
import io.troika.server.service.ClusterControl;
import io.troika.server.service.ReplicatedLog;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * One node's part in the Raft groups: starts it, and hands out the ports that the rest of the
 * server uses. Safe for any thread.
 *
 * <p>The state and the transport belong to the caller, who closes them after the node.
 */
@SuppressWarnings("DoNotCallSuggester") // filled in the next commit
public final class RaftNode implements AutoCloseable {

  private RaftNode() {}

  /**
   * Starts this node's member of group {@code g0} over {@code state}. It takes part in elections
   * and applies entries when this returns; leadership is not known yet.
   *
   * @param peers questions to the other nodes; not closed by this node
   * @throws IOException if the directory is locked by another process, belongs to another node,
   *     lost its Raft log, or holds a damaged log; the message names the file and says what to do
   */
  public static RaftNode start(NodeConfig config, ReplicatedState state, PeerTransport peers)
      throws IOException {
    throw new UnsupportedOperationException("in the next commit");
  }

  /** The log of group {@code g0}. */
  public ReplicatedLog log() {
    throw new UnsupportedOperationException("in the next commit");
  }

  /** What operators may do to group {@code g0}. */
  public ClusterControl cluster() {
    throw new UnsupportedOperationException("in the next commit");
  }

  /** What this node answers its peers about group {@code g0}. */
  public PeerEndpoint endpoint() {
    throw new UnsupportedOperationException("in the next commit");
  }

  /**
   * Completes with the cause when this node is broken (an entry could not be applied, the log could
   * not be written): its group has stopped then, and the process should end. Never fails.
   */
  public CompletableFuture<Throwable> whenBroken() {
    throw new UnsupportedOperationException("in the next commit");
  }

  /**
   * Leaves in good order: hands leadership over if this node leads (3 s at most), then stops. The
   * second call does nothing.
   */
  @Override
  public void close() {}
}
