package io.troika.server.status;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Asks another node for its report. Safe for any thread. */
public interface PeerReports extends AutoCloseable {

  /**
   * Asks once.
   *
   * @param clientAddress {@code host:port} of the node's client port
   * @return fails with an exception whose message says why it did not answer
   */
  CompletableFuture<NodeReport> report(String clientAddress, Duration patience);

  @Override
  void close();
}
