package io.troika.server.service;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps storages within their quotas, before the log: what is under way counts as if it were there
 * already, so what was let in never makes a storage larger than its quota. The size itself is part
 * of the replicated state, so whoever leads counts the same. See DESIGN.md, Quotas. Safe for any
 * thread.
 */
final class Quotas {
  private final RevisionReader reader;
  private final Map<StorageId, Long> underWay = new ConcurrentHashMap<>();

  Quotas(RevisionReader reader) {
    this.reader = reader;
  }

  /**
   * Takes room for a transaction, or says why there is none. What does not make its storage larger
   * needs none.
   */
  @Nullable Rejected take(OpenTransaction transaction) {
    StorageId id = transaction.submission().storage();
    long bytes = transaction.submission().growthBytes();
    StorageState before = reader.storage(id);
    if (bytes == 0 || before == null || !before.hasQuota()) {
      return null;
    }
    long taken = underWay.merge(id, bytes, Long::sum);
    // Looked at afterwards: what has just been applied is here or there, for a moment in both.
    StorageState storage = reader.storage(id);
    if (storage != null && storage.roomBytes() < taken) {
      give(id, bytes);
      return Rejected.overQuota(storage, bytes);
    }
    if (!transaction.room(bytes)) {
      give(id, bytes); // it was ended meanwhile
    }
    return null;
  }

  /** The transaction is over: what it took is free, or counted in the state. */
  void giveBack(OpenTransaction transaction) {
    long bytes = transaction.takeRoom();
    if (bytes > 0) {
      give(transaction.submission().storage(), bytes);
    }
  }

  private void give(StorageId storage, long bytes) {
    underWay.compute(
        storage,
        (id, taken) -> {
          long left = (taken == null ? 0 : taken) - bytes;
          return left == 0 ? null : left;
        });
  }
}
