package io.troika.server.storage.rocksdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.PackChanges;
import io.troika.server.core.PackChanges.RemovedRevision;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest revisions of objects that were written lately. What is written is mostly written again
 * or read soon, and each time its newest revision is asked for: when a commit arrives, when it is
 * applied, when it is loaded. A seek in RocksDB looks into every memtable and level; this looks
 * into a map.
 *
 * <p>A change set shows whole or not at all: the writer takes out what it is about to change,
 * writes the database, where all of it shows at once, and puts in what is new, before anybody
 * learns of its tid. Only the writer puts: a reader might put what the writer has replaced
 * meanwhile. Safe for any thread.
 */
final class NewestRevisions {
  /** Larger ones would push out many, and a seek costs little beside the rest of their way. */
  static final int OBJECT_BYTES_MAX = 16 << 10;

  private static final int ENTRY_BYTES = 128;

  private final Cache<Key, StoredRevision> newest;

  private record Key(StorageId storage, Oid oid) {}

  /**
   * @param bytesMax of data and overhead; 0: nothing is kept
   */
  NewestRevisions(long bytesMax) {
    newest =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher((Key key, StoredRevision revision) -> ENTRY_BYTES + dataBytes(revision))
            .executor(Runnable::run)
            .build();
  }

  private static int dataBytes(StoredRevision revision) {
    Bytes data = revision.data();
    return data == null ? 0 : data.size();
  }

  /** About to be written. By the writer alone. */
  void writing(List<NewRevision> revisions) {
    for (NewRevision next : revisions) {
      newest.invalidate(new Key(next.storage(), next.revision().oid()));
    }
  }

  /** About to be packed: who asks next asks the database. By the writer alone. */
  void packing(PackChanges changes) {
    writing(changes.rewrittenRevisions());
    for (RemovedRevision removed : changes.removedRevisions()) {
      newest.invalidate(new Key(removed.storage(), removed.oid()));
    }
  }

  /** Is gone. By the writer alone. */
  void dropped(StorageId storage) {
    newest.asMap().keySet().removeIf(key -> key.storage().equals(storage));
  }

  /** Just written, in the order of the log. By the writer alone. */
  void written(List<NewRevision> revisions) {
    // Of an object written twice only the last: nobody may see the first now.
    Map<Key, StoredRevision> last = new HashMap<>();
    for (NewRevision written : revisions) {
      StoredRevision revision = written.revision();
      Key key = new Key(written.storage(), revision.oid());
      if (dataBytes(revision) <= OBJECT_BYTES_MAX && !revision.isUnread()) {
        last.put(key, revision);
      } else {
        last.remove(key);
      }
    }
    last.forEach((key, revision) -> newest.put(key, withOwnData(revision)));
  }

  /** The data of a decoded command is a part of its log entry, which must not be kept for it. */
  private static StoredRevision withOwnData(StoredRevision revision) {
    Bytes data = revision.data();
    return data == null ? revision : revision.withData(Bytes.wrap(data.toByteArray()));
  }

  /** The object's newest revision, or null: ask the database. */
  @Nullable StoredRevision of(StorageId storage, Oid oid) {
    return newest.getIfPresent(new Key(storage, oid));
  }
}
