package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of {@link StoreVerification} that is about blobs and stages: each has the chunks that
 * its digest was taken of and there are no others; a revision's blob is there, and as many
 * revisions have blobs as the blobs say.
 */
final class BlobVerification {
  private final RocksDatabase.Frozen frozen;
  private final Consumer<String> faults;
  private long revisions;
  private long references;
  private long blobsWithChunks;
  private final Map<StorageId, Long> heldBytes = new TreeMap<>();
  private final Set<BlobKey> stages = new TreeSet<>();

  BlobVerification(RocksDatabase.Frozen frozen, Consumer<String> faults) {
    this.frozen = frozen;
    this.faults = faults;
  }

  /** Notes a revision with a blob. */
  void met(StorageId storage, StoredRevision revision, BlobReference blob) {
    revisions++;
    BlobState state = state(Family.BLOB_STATES, new BlobKey(storage, blob.id()));
    require(
        state != null && state.content().equals(blob),
        "%s, oid %s at %s: its blob is not there"
            .formatted(storage, revision.oid(), revision.tid()));
  }

  /** Notes a revision whose data lies in a stage. */
  void met(StorageId storage, StoredRevision revision, StagedData staged) {
    revisions++;
    stages.add(new BlobKey(storage, staged.stage()));
    BlobState state = state(Family.BLOB_STATES, new BlobKey(storage, staged.stage()));
    require(
        state != null && staged.isWithin(state.content()),
        "%s, oid %s at %s: its data is not in its stage"
            .formatted(storage, revision.oid(), revision.tid()));
  }

  /** Walks the blobs, after all revisions were met. */
  void walk(Step step) {
    walkStates(Family.STAGING, step);
    walkStates(Family.BLOB_STATES, step);
    require(
        references == revisions,
        "blobs say that %d revisions have them, %d do".formatted(references, revisions));
    walkChunks(step);
  }

  /** Bytes of all blobs that a revision of the storage has, after the walk. */
  long heldBytes(StorageId storage) {
    return heldBytes.getOrDefault(storage, 0L);
  }

  /** Moves a cursor on. */
  interface Step {
    boolean next(Cursor cursor);
  }

  private void walkStates(Family family, Step step) {
    try (Cursor cursor = frozen.cursor(family)) {
      for (boolean found = cursor.seekToFirst(); found; found = step.next(cursor)) {
        BlobKey key = Keys.blobOf(cursor.key());
        BlobState state = Values.decodeBlob(key, cursor.value());
        references += state.references();
        if (!stages.contains(key)) {
          heldBytes.merge(key.storage(), state.heldBytes(), Long::sum);
        }
        blobsWithChunks += state.content().length() > 0 ? 1 : 0;
        require(state.isStaged() == (family == Family.STAGING), key + ": is in " + family);
      }
    }
  }

  private void walkChunks(Step step) {
    long blobs = 0;
    @Nullable BlobKey key = null;
    @Nullable BlobReference found = null;
    try (Cursor cursor = frozen.cursor(Family.BLOBS)) {
      for (boolean more = cursor.seekToFirst(); more; more = step.next(cursor)) {
        BlobKey of = Keys.blobOfChunk(cursor.key());
        if (found == null || !of.equals(key)) {
          finish(key, found);
          key = of;
          found = BlobReference.empty(of.id(), chunkBytes(of));
          blobs++;
        }
        require(
            Keys.chunkOf(cursor.key()) == found.chunkCount(),
            of + ": chunk " + Keys.chunkOf(cursor.key()) + " comes after " + found.chunkCount());
        found = found.with(Bytes.wrap(cursor.value()));
      }
    }
    finish(key, found);
    require(
        blobs == blobsWithChunks,
        "%d blobs have chunks, %d should".formatted(blobs, blobsWithChunks));
  }

  private void finish(@Nullable BlobKey key, @Nullable BlobReference found) {
    if (key != null && found != null) {
      BlobState state = stateOfAny(key);
      require(
          state != null && state.content().equals(found),
          key + ": its chunks are not what its digest was taken of");
    }
  }

  private int chunkBytes(BlobKey key) {
    BlobState state = stateOfAny(key);
    return state == null ? BlobReference.CHUNK_BYTES_MAX : state.content().chunkBytes();
  }

  private @Nullable BlobState stateOfAny(BlobKey key) {
    BlobState state = state(Family.BLOB_STATES, key);
    return state == null ? state(Family.STAGING, key) : state;
  }

  private @Nullable BlobState state(Family family, BlobKey key) {
    byte[] value = frozen.get(family, Keys.blob(key));
    return value == null ? null : Values.decodeBlob(key, value);
  }

  private void require(boolean condition, String fault) {
    if (!condition) {
      faults.accept(fault);
    }
  }
}
