package io.troika.server.admin;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Asks another node for the digest of its replica. Safe for any thread. */
public interface ReplicaDigests extends AutoCloseable {

  /**
   * The digest of a storage as of {@code at}.
   *
   * @param clientAddress {@code host:port} of the node's client port
   * @return 32 bytes; fails with an exception whose message says why the node did not answer
   */
  CompletableFuture<Bytes> digest(String clientAddress, String storage, Tid at, Duration patience);

  @Override
  void close();
}
