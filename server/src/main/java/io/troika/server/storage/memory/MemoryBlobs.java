package io.troika.server.storage.memory;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.BlobChanges;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StorageId;
import java.util.Collection;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The blobs of a group on sorted maps. Not thread-safe: the store that owns it locks. */
final class MemoryBlobs {
  final NavigableMap<BlobKey, BlobState> states = new TreeMap<>();
  private final NavigableMap<BlobKey, NavigableMap<Integer, Bytes>> chunks = new TreeMap<>();

  void write(BlobChanges changes) {
    for (BlobChanges.NewChunk each : changes.chunks()) {
      @Nullable Bytes replaced =
          chunks.computeIfAbsent(each.key(), key -> new TreeMap<>()).put(each.chunk(), each.data());
      checkInvariant(replaced == null, "%s: chunk %s is there", each.key(), each.chunk());
    }
    changes.states().forEach(each -> states.put(each.key(), each));
    changes.removed().forEach(states::remove);
    changes.removed().forEach(chunks::remove);
  }

  void drop(StorageId storage) {
    states.keySet().removeIf(key -> key.storage().equals(storage));
    chunks.keySet().removeIf(key -> key.storage().equals(storage));
  }

  @Nullable Bytes chunk(BlobKey key, int chunk) {
    NavigableMap<Integer, Bytes> ofBlob = chunks.get(key);
    return ofBlob == null ? null : ofBlob.get(chunk);
  }

  /** Those that are staged, or those that are not, with a key greater than {@code after}. */
  Collection<BlobState> states(@Nullable BlobKey after, boolean staged) {
    NavigableMap<BlobKey, BlobState> tail = after == null ? states : states.tailMap(after, false);
    return tail.values().stream().filter(each -> each.isStaged() == staged).toList();
  }

  MemoryBlobs copy() {
    MemoryBlobs copy = new MemoryBlobs();
    copy.states.putAll(states);
    chunks.forEach((key, ofBlob) -> copy.chunks.put(key, new TreeMap<>(ofBlob)));
    return copy;
  }
}
