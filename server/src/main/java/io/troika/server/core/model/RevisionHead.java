package io.troika.server.core.model;

import org.jspecify.annotations.Nullable;

/**
 * A {@link StoredRevision} without its data.
 *
 * @param dataBytes the size of the data that is stored here; 0 if there is none
 * @param blob the blob that belongs to it, if there is one
 * @param stage where the data lies, if it is not kept with the revision
 */
public record RevisionHead(
    Oid oid,
    Tid tid,
    StoredRevision.Kind kind,
    Tid dataTid,
    long dataBytes,
    @Nullable BlobId blob,
    @Nullable BlobId stage) {

  public static RevisionHead of(StoredRevision revision) {
    @Nullable BlobReference blob = revision.blob();
    @Nullable StagedData staged = revision.staged();
    return new RevisionHead(
        revision.oid(),
        revision.tid(),
        revision.kind(),
        revision.dataTid(),
        revision.dataBytes(),
        blob == null ? null : blob.id(),
        staged == null ? null : staged.stage());
  }
}
