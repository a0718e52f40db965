package io.troika.server.core.model;

import org.jspecify.annotations.Nullable;

/**
 * A {@link StoredRevision} without its data.
 *
 * @param dataBytes the size of the data that is stored here; 0 if there is none
 */
public record RevisionHead(
    Oid oid, Tid tid, StoredRevision.Kind kind, Tid dataTid, long dataBytes) {

  public static RevisionHead of(StoredRevision revision) {
    @Nullable Bytes data = revision.data();
    return new RevisionHead(
        revision.oid(),
        revision.tid(),
        revision.kind(),
        revision.dataTid(),
        data == null ? 0 : data.size());
  }
}
