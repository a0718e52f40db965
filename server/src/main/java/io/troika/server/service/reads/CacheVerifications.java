package io.troika.server.service.reads;

import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.InvalidationsResult.Ahead;
import io.troika.server.core.mvcc.InvalidationsResult.Complete;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what clients heard who asked what changed since they last did: after a lost connection, or
 * another leader. Safe for any thread.
 */
public final class CacheVerifications {
  private final LongAdder kept = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  InvalidationsResult counted(InvalidationsResult result) {
    boolean known = result instanceof Complete || result instanceof Ahead;
    (known ? kept : dropped).increment();
    return result;
  }

  /** They keep their cache, but for what they were told. */
  public long keptCount() {
    return kept.sum();
  }

  /** They have to drop it: too much has changed, or nobody knows what. */
  public long droppedCount() {
    return dropped.sum();
  }
}
