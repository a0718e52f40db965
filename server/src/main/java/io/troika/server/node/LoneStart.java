package io.troika.server.node;

import io.troika.server.config.NodeConfig;
import io.troika.server.raft.RaftNode;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The first start of a node whose file names nobody else: it would begin a group of its own at
 * once. But its group may have grown since the file was written, and its disk be a new one; then it
 * has forgotten what it voted and acknowledged (ADR 4), and clients would find it empty. It can't
 * ask the others, as it does not know them, but they know it, and try to reach it twice a second.
 */
final class LoneStart {
  /** Others try each 500 ms, and believe for a second that a name is unknown. */
  private static final Duration LISTENING = Duration.ofSeconds(2);

  private LoneStart() {}

  /** How long to listen; who is on loopback alone has its others, if any, on the same machine. */
  static Duration patience(NodeConfig config) {
    return config.self().peer().isLoopback() ? Duration.ZERO : LISTENING;
  }

  /**
   * Waits until others would have called, if the node is new and alone.
   *
   * @param caller the first node that calls this one by its id
   * @throws IOException if there is one
   */
  static void requireNoCaller(
      NodeConfig config, CompletableFuture<String> caller, Duration patience) throws IOException {
    boolean begins =
        config.members().size() == 1
            && !config.raft().join()
            && RaftNode.isNew(config.dataDirectory());
    if (!begins) {
      return;
    }
    String peer;
    try {
      peer = caller.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException nobody) {
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    throw new IOException(
        ("node %s is new, by its directory %s, and alone, by its configuration file; but node %s talks"
                + " to it. It would begin a group of its own, and lose what it has forgotten. Name all"
                + " members of the group in the file ('troika status' with the other nodes tells"
                + " them): then it takes the data over from them. If it is to begin a group and %s to"
                + " join that, start %s after it")
            .formatted(config.nodeId(), config.dataDirectory(), peer, peer, peer));
  }
}
