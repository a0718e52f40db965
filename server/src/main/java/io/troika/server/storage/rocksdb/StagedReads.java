package io.troika.server.storage.rocksdb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Revisions with their data, also where it lies in the chunks of a stage: a second look-up then.
 *
 * <p>Between the two a pack may give the revision data of its own and drop the stage, or take the
 * revision away. So a chunk that is missing is no damage until the revision was asked for again and
 * still says that it is there.
 */
final class StagedReads {
  /** Neighbours in a stage are mostly read one after the other. */
  private static final long CHUNK_CACHE_BYTES = 4 << 20;

  private static final int ATTEMPTS_MAX = 16;

  private final RevisionQueries revisions;
  private final BlobQueries blobs;
  private final Cache<Chunk, Bytes> chunks =
      Caffeine.newBuilder()
          .maximumWeight(CHUNK_CACHE_BYTES)
          .weigher((Chunk chunk, Bytes data) -> data.size())
          .executor(Runnable::run)
          .build();

  private record Chunk(BlobKey stage, int number) {}

  StagedReads(RevisionQueries revisions, BlobQueries blobs) {
    this.revisions = revisions;
    this.blobs = blobs;
  }

  @Nullable StoredRevision newestBefore(StorageId storage, Oid oid, Tid before) {
    return read(storage, () -> revisions.newestBefore(storage, oid, before));
  }

  @Nullable StoredRevision at(StorageId storage, Oid oid, Tid tid) {
    return read(storage, () -> revisions.at(storage, oid, tid));
  }

  List<StoredRevision> history(StorageId storage, Oid oid, Tid before, int limit) {
    List<StoredRevision> found = revisions.history(storage, oid, before, limit);
    List<StoredRevision> history = new ArrayList<>(found.size());
    for (StoredRevision each : found) {
      StoredRevision read = each.read(storage, this::chunk);
      StoredRevision now = read == null ? at(storage, oid, each.tid()) : read;
      if (now != null) {
        history.add(now);
      }
    }
    return history;
  }

  private @Nullable StoredRevision read(
      StorageId storage, Supplier<@Nullable StoredRevision> question) {
    for (int attempt = 1; ; attempt++) {
      StoredRevision found = question.get();
      StoredRevision read = found == null ? null : found.read(storage, this::chunk);
      if (found == null || read != null) {
        return read;
      }
      if (attempt == ATTEMPTS_MAX) {
        throw new InvariantViolation(
            "%s, oid %s at %s: its data is not where it should be, %s"
                .formatted(storage, found.oid(), found.tid(), found.staged()));
      }
    }
  }

  private @Nullable Bytes chunk(BlobKey stage, int number) {
    Chunk chunk = new Chunk(stage, number);
    Bytes known = chunks.getIfPresent(chunk);
    if (known != null) {
      return known;
    }
    Bytes stored = blobs.chunk(stage, number);
    if (stored != null) {
      chunks.put(chunk, stored);
    }
    return stored;
  }
}
