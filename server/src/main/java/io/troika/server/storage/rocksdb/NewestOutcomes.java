package io.troika.server.storage.rocksdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.model.TransactionId;
import java.util.List;
import java.util.UUID;
import java.util.function.ToLongFunction;

/**
 * Of clients that committed lately, the highest sequence number of which an outcome is recorded.
 * Each commit asks for its own outcome, on its way in and on each node that applies it, and nearly
 * always there is none: a client counts up. Here that is certain without the database.
 *
 * <p>Says "may be" too often, never too seldom: a number goes up before its outcome can be seen,
 * and does not go down when one is forgotten. Only the writer puts: a reader might put what the
 * writer has raised meanwhile. Safe for any thread.
 */
final class NewestOutcomes {
  private final Cache<UUID, Long> newest;
  private final ToLongFunction<UUID> recorded;

  /**
   * @param clientsMax more are forgotten, and learned again when they commit
   * @param recorded the highest recorded sequence of a client, -1 if none is
   */
  NewestOutcomes(int clientsMax, ToLongFunction<UUID> recorded) {
    this.newest = Caffeine.newBuilder().maximumSize(clientsMax).executor(Runnable::run).build();
    this.recorded = recorded;
  }

  /** False: certainly no outcome of it is recorded. */
  boolean mayBeRecorded(TransactionId id) {
    Long known = newest.getIfPresent(id.client());
    return known == null || id.sequence() <= known;
  }

  /** About to be written. By the writer alone. */
  void recording(List<ExpiringOutcome> outcomes) {
    for (ExpiringOutcome outcome : outcomes) {
      TransactionId id = outcome.id();
      Long known = newest.getIfPresent(id.client());
      long before = known == null ? recorded.applyAsLong(id.client()) : known;
      newest.put(id.client(), Math.max(before, id.sequence()));
    }
  }
}
