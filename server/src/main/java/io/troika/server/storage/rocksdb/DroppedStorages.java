package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.StorageId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Gives back the space of storages that are gone. Not at once: a read that began before may still
 * be at it, and what it is told must be what it was. Which storages are gone the replicated state
 * says; when their rows go each node decides for itself, because nobody can ask for them.
 *
 * <p>Safe for any thread.
 */
final class DroppedStorages {
  /** Longer than any read takes. */
  static final Duration KEPT = Duration.ofSeconds(60);

  private static final List<Family> FAMILIES =
      List.of(Family.REVISIONS, Family.TRANSACTIONS, Family.BLOBS);

  private final RocksDatabase database;
  private final LongSupplier nanoTime;
  private final ArrayDeque<Dropped> waiting = new ArrayDeque<>();

  /** Those whose rows are deleted, and still take space. */
  private final ArrayDeque<StorageId> deleted = new ArrayDeque<>();

  private record Dropped(StorageId storage, long since) {}

  DroppedStorages(RocksDatabase database, LongSupplier nanoTime) {
    this.database = database;
    this.nanoTime = nanoTime;
  }

  /** Nobody finds the storage from now on. */
  synchronized void add(StorageId storage) {
    waiting.add(new Dropped(storage, nanoTime.getAsLong()));
  }

  /** Deletes those of long ago; with {@code all} also the others. */
  synchronized void delete(boolean all) {
    long now = nanoTime.getAsLong();
    while (!waiting.isEmpty() && (all || now - waiting.element().since() >= KEPT.toNanos())) {
      delete(waiting.element().storage());
      waiting.remove();
    }
  }

  /** Whether rows were deleted whose space is not given back. */
  synchronized boolean hasDeleted() {
    return !deleted.isEmpty();
  }

  /**
   * Gives the space back of all whose rows are deleted. Takes as long as rewriting the files that
   * have rows of others too.
   *
   * @param compaction ends early when it is cancelled
   */
  void giveSpaceBack(CompactRangeOptions compaction) {
    for (StorageId storage = peekDeleted(); storage != null; storage = peekDeleted()) {
      for (Family family : FAMILIES) {
        if (compaction.canceled()) {
          return;
        }
        database.compact(family, Keys.storageStart(storage), Keys.storageEnd(storage), compaction);
      }
      forget(storage);
    }
  }

  private synchronized @Nullable StorageId peekDeleted() {
    return deleted.peek();
  }

  private synchronized void forget(StorageId storage) {
    deleted.remove(storage);
  }

  /** Deletes what was dropped before the database was opened; nobody reads yet. */
  synchronized void deleteOlder(PublishedState published) {
    for (int id = 1; id < published.group().nextStorageId(); id++) {
      StorageId storage = new StorageId(id);
      if (published.storage(storage) == null && hasRows(storage)) {
        delete(storage);
      }
    }
  }

  private boolean hasRows(StorageId storage) {
    for (Family family : FAMILIES) {
      try (Cursor cursor = database.cursor(family)) {
        if (cursor.seek(Keys.storageStart(storage)) && Keys.isOfStorage(cursor.key(), storage)) {
          return true;
        }
      }
    }
    return false;
  }

  /** One range for each family, whatever is in it; compaction does the work. */
  private void delete(StorageId storage) {
    try (WriteBatch batch = new WriteBatch()) {
      for (Family family : FAMILIES) {
        batch.deleteRange(
            database.handle(family), Keys.storageStart(storage), Keys.storageEnd(storage));
      }
      database.write(batch);
      deleted.add(storage);
    } catch (RocksDBException e) {
      throw StorageFailure.of("dropping " + storage, e);
    }
  }
}
