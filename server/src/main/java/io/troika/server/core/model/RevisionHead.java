package io.troika.server.core.model;

import org.jspecify.annotations.Nullable;

/**
 * A {@link StoredRevision} without its data.
 *
 * @param dataBytes the size of the data that is stored here; 0 if there is none
 * @param blob the blob that belongs to it, if there is one
 */
public record RevisionHead(
    Oid oid,
    Tid tid,
    StoredRevision.Kind kind,
    Tid dataTid,
    long dataBytes,
    @Nullable BlobId blob) {

  public static RevisionHead of(StoredRevision revision) {
    @Nullable Bytes data = revision.data();
    @Nullable BlobReference blob = revision.blob();
    return new RevisionHead(
        revision.oid(),
        revision.tid(),
        revision.kind(),
        revision.dataTid(),
        data == null ? 0 : data.size(),
        blob == null ? null : blob.id());
  }
}
