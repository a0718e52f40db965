package io.troika.server.storage.rocksdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.model.TransactionId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** About to be written, all at once. By the writer alone. */
  void recording(List<ExpiringOutcome> outcomes) {
    // Each client once: were it forgotten between two of its own, the first would be neither here
    // nor in the database yet.
    Map<UUID, Long> highest = new HashMap<>();
    for (ExpiringOutcome outcome : outcomes) {
      highest.merge(outcome.id().client(), outcome.id().sequence(), Math::max);
    }
    highest.forEach(
        (client, sequence) -> {
          Long known = newest.getIfPresent(client);
          long before = known == null ? recorded.applyAsLong(client) : known;
          newest.put(client, Math.max(before, sequence));
        });
  }
}
