package io.troika.server.storage.rocksdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest revisions of objects that were written lately. What is written is mostly written again
 * or read soon, and each time its newest revision is asked for: when a commit arrives, when it is
 * applied, when it is loaded. A seek in RocksDB looks into every memtable and level; this looks
 * into a map.
 *
 * <p>Only the writer puts, after the data is in the database and before anybody learns of its tid,
 * so what is here is never older than what a reader may expect. A reader must not put what it has
 * found: the writer may have been there meanwhile. Safe for any thread.
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

  /** What was just written, in the order of the log. By the writer alone. */
  void written(List<NewRevision> revisions) {
    for (NewRevision written : revisions) {
      Key key = new Key(written.storage(), written.revision().oid());
      if (dataBytes(written.revision()) > OBJECT_BYTES_MAX) {
        newest.invalidate(key);
      } else {
        newest.put(key, withOwnData(written.revision()));
      }
    }
  }

  /** The data of a decoded command is a part of its log entry, which must not be kept for it. */
  private static StoredRevision withOwnData(StoredRevision revision) {
    Bytes data = revision.data();
    return data == null
        ? revision
        : StoredRevision.data(revision.oid(), revision.tid(), Bytes.wrap(data.toByteArray()));
  }

  /** The object's newest revision, or null: ask the database. */
  @Nullable StoredRevision of(StorageId storage, Oid oid) {
    return newest.getIfPresent(new Key(storage, oid));
  }
}
