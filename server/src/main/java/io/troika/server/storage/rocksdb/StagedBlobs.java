package io.troika.server.storage.rocksdb;

import io.troika.server.core.BlobChanges;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.StorageId;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The staged blobs of an open database, beside it in memory: few, asked for with each entry. One
 * writer, any readers.
 */
final class StagedBlobs {
  private final NavigableMap<BlobKey, BlobState> staged = new ConcurrentSkipListMap<>();

  StagedBlobs(List<BlobState> stored) {
    stored.forEach(each -> staged.put(each.key(), each));
  }

  @Nullable BlobState of(BlobKey key) {
    return staged.get(key);
  }

  List<BlobState> all() {
    return List.copyOf(staged.values());
  }

  /** Those of a storage that is gone. */
  void dropped(StorageId storage) {
    staged.keySet().removeIf(key -> key.storage().equals(storage));
  }

  /** After the changes are written. */
  void written(BlobChanges changes) {
    for (BlobState each : changes.states()) {
      if (each.isStaged()) {
        staged.put(each.key(), each);
      } else {
        staged.remove(each.key());
      }
    }
    changes.removed().forEach(staged::remove);
  }
}
