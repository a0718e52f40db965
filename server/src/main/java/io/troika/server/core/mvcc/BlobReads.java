package io.troika.server.core.mvcc;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import org.jspecify.annotations.Nullable;

/** Reads the blobs of revisions; safe for any thread, as {@link ObjectReads} is. */
public final class BlobReads {
  private final RevisionReader reader;
  private final ObjectReads objects;

  public BlobReads(RevisionReader reader) {
    this.reader = reader;
    this.objects = new ObjectReads(reader);
  }

  /**
   * The blob that the object has at {@code serial}, exactly the revision that transaction wrote; an
   * undo has the blob of what it went back to. Null if there is no such revision (any longer), or
   * it has no blob.
   */
  public @Nullable BlobReference at(StorageId storage, Oid oid, Tid serial) {
    StoredRevision revision = reader.at(storage, oid, serial);
    if (revision == null || revision.isAbsent()) {
      return null;
    }
    StoredRevision origin = objects.originIfThere(storage, revision);
    return origin == null ? null : origin.blob();
  }

  /**
   * Bytes of a blob from {@code offset} on: to the end of a chunk, at most {@code bytesMax}. Empty
   * at the end; null if the blob was packed away.
   */
  public @Nullable Bytes read(StorageId storage, BlobReference blob, long offset, int bytesMax) {
    requireArgument(
        offset >= 0 && offset <= blob.length(),
        "blob %s: offset %s, expected 0 to %s",
        blob.id(),
        offset,
        blob.length());
    requireArgument(bytesMax >= 1, "blob %s: %s bytes asked for", blob.id(), bytesMax);
    if (offset == blob.length()) {
      return Bytes.EMPTY;
    }
    int chunk = (int) (offset / blob.chunkBytes());
    Bytes data = reader.blobChunk(new BlobKey(storage, blob.id()), chunk);
    if (data == null) {
      return null;
    }
    int from = (int) (offset % blob.chunkBytes());
    return data.slice(from, Math.min(bytesMax, data.size() - from));
  }
}
