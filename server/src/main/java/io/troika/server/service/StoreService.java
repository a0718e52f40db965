package io.troika.server.service;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import java.util.concurrent.Executor;

/** All that fronts may ask of one Raft group on this node. Safe for any thread. */
@SuppressWarnings("DoNotCallSuggester") // filled in the next commit
public final class StoreService implements AutoCloseable {
  private StoreService() {}

  /**
   * Starts serving.
   *
   * @param events the listener that the core announces commits to
   * @param executor runs what must not run on the applying thread or an event loop: serial checks
   *     of large transactions, waking of waiters. Tasks are bounded by the limits, may read the
   *     store, and must not be refused while the service is open
   */
  public static StoreService create(
      ReplicatedLog log,
      RevisionReader reader,
      StateEvents events,
      LimitsConfig limits,
      ServiceTimer timer,
      Executor executor) {
    throw new UnsupportedOperationException("in the next commit");
  }

  /** Ends sessions, waits and subscriptions, each with the error that says so. */
  @Override
  public void close() {}
}
