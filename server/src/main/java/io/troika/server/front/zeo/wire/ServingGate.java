package io.troika.server.front.zeo.wire;

import java.util.concurrent.CompletableFuture;

/**
 * Tells when this node can serve. A client that is greeted takes the node for good and drops the
 * others, so it is greeted only when it can register, and is neither greeted nor closed before
 * (zeo-protocol.md §13.1).
 */
@FunctionalInterface
public interface ServingGate {
  /**
   * Asked once for each connection, on its event loop; must not block.
   *
   * @return completes, on any thread, when the client may be greeted. Its own for each call: it is
   *     cancelled when the client leaves before.
   */
  CompletableFuture<?> whenServing();
}
