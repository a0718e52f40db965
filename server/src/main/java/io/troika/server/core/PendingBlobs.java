package io.troika.server.core;

import static io.troika.server.core.model.Checks.checkInvariant;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.BlobChanges.NewChunk;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The blobs of a group while a log entry is applied: what is stored, and what the entry did. */
final class PendingBlobs {
  private final BlobReader reader;
  private final NavigableMap<BlobKey, BlobState> changed = new TreeMap<>();
  private @Nullable NavigableSet<TransactionId> stagedFor; // found when it is first needed
  private final List<NewChunk> chunks = new ArrayList<>(0);
  private final NavigableSet<StorageId> dropped = new TreeSet<>();

  PendingBlobs(BlobReader reader) {
    this.reader = reader;
  }

  @Nullable BlobState state(BlobKey key) {
    BlobState pending = changed.get(key);
    return pending == null ? reader.blob(key) : pending;
  }

  /** The chunk, or null. */
  @Nullable Bytes chunk(BlobKey key, int chunk) {
    for (NewChunk each : chunks) {
      if (each.chunk() == chunk && each.key().equals(key)) {
        return each.data();
      }
    }
    return reader.blobChunk(key, chunk);
  }

  /** Those of this storage go with it. */
  void drop(StorageId storage) {
    dropped.add(storage);
    changed.keySet().removeIf(key -> key.storage().equals(storage));
    chunks.removeIf(each -> each.key().storage().equals(storage));
  }

  /** All that are staged now. */
  Collection<BlobState> staged() {
    List<BlobState> stored = reader.stagedBlobs();
    if (!dropped.isEmpty()) {
      stored = stored.stream().filter(each -> !dropped.contains(each.storage())).toList();
    }
    if (changed.isEmpty()) {
      return stored;
    }
    NavigableMap<BlobKey, BlobState> staged = new TreeMap<>();
    stored.forEach(each -> staged.put(each.key(), each));
    staged.putAll(changed);
    staged.values().removeIf(each -> !each.isStaged());
    return staged.values();
  }

  /** Takes up a chunk at the end of a blob. */
  void append(BlobState after, int chunk, Bytes data) {
    changed.put(after.key(), after);
    stagedFor().add(after.content().id().transaction());
    if (!data.isEmpty()) {
      chunks.add(new NewChunk(after.key(), chunk, data));
    }
  }

  /**
   * Notes that so many more revisions have the blob; it goes with the last one.
   *
   * @return how many more bytes of blobs the storage has by that
   */
  long addReferences(BlobKey key, long count) {
    BlobState known = state(key);
    checkInvariant(known != null, "%s: a revision has it and it is not there", key);
    BlobState state = requireNonNull(known);
    checkInvariant(
        state.references() + count >= 0,
        "%s: %s revisions less have it, of %s",
        key,
        -count,
        state.references());
    BlobState after = state.withReferences(state.references() + count);
    changed.put(key, after);
    return after.heldBytes() - state.heldBytes();
  }

  /** What is staged for a transaction goes: it has its outcome, and nobody else can use it. */
  void forget(TransactionId transaction) {
    if (!stagedFor().contains(transaction)) {
      return;
    }
    for (BlobState each : List.copyOf(staged())) {
      if (each.content().id().transaction().equals(transaction)) {
        changed.put(each.key(), each.withReferences(0));
      }
    }
  }

  /** The transactions for which something is staged, or was when the entry began. */
  private NavigableSet<TransactionId> stagedFor() {
    NavigableSet<TransactionId> known = stagedFor;
    if (known == null) {
      known = new TreeSet<>();
      for (BlobState each : staged()) {
        known.add(each.content().id().transaction());
      }
      stagedFor = known;
    }
    return known;
  }

  /**
   * All changes. A blob that nobody has any longer goes, and up to {@code expiredMax} staged ones
   * whose time is up.
   */
  BlobChanges changes(long logTimeMillis, int expiredMax) {
    List<BlobKey> removed = new ArrayList<>(0);
    int expired = 0;
    for (BlobState each : staged()) {
      boolean dropped = each.expiresMillis() == 0;
      if (dropped || (expired < expiredMax && each.isExpiredAt(logTimeMillis))) {
        removed.add(each.key());
        expired += dropped ? 0 : 1;
      }
    }
    if (changed.isEmpty() && removed.isEmpty()) {
      return BlobChanges.NONE;
    }
    removed.forEach(changed::remove);
    chunks.removeIf(each -> removed.contains(each.key()));
    return new BlobChanges(chunks, List.copyOf(changed.values()), removed);
  }
}
