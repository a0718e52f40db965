package io.troika.server.service.commit;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.service.commit.Submission.Growth;
import java.util.ArrayList;
import java.util.List;
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
   * Takes room for a transaction in all of its storages, or says why there is none. What does not
   * make its storage larger needs none.
   */
  @Nullable Rejected take(OpenTransaction transaction) {
    List<Growth> taken = new ArrayList<>(1);
    for (Growth growth : transaction.submission().growth()) {
      StorageState before = reader.storage(growth.storage());
      if (growth.bytes() == 0 || before == null || !before.hasQuota()) {
        continue;
      }
      Rejected refusal = take(growth);
      if (refusal != null) {
        taken.forEach(this::give);
        return refusal;
      }
      taken.add(growth);
    }
    if (!taken.isEmpty() && !transaction.room(taken)) {
      taken.forEach(this::give); // it was ended meanwhile
    }
    return null;
  }

  private @Nullable Rejected take(Growth growth) {
    long taken = underWay.merge(growth.storage(), growth.bytes(), Long::sum);
    // Looked at afterwards: what has just been applied is here or there, for a moment in both.
    StorageState storage = reader.storage(growth.storage());
    if (storage != null && storage.roomBytes() < taken) {
      give(growth);
      return Rejected.overQuota(storage, growth.bytes());
    }
    return null;
  }

  /** The transaction is over: what it took is free, or counted in the state. */
  void giveBack(OpenTransaction transaction) {
    transaction.takeRoom().forEach(this::give);
  }

  private void give(Growth growth) {
    underWay.compute(
        growth.storage(),
        (id, taken) -> {
          long left = (taken == null ? 0 : taken) - growth.bytes();
          return left == 0 ? null : left;
        });
  }
}
