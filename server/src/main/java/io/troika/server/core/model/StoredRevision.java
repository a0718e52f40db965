package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import org.jspecify.annotations.Nullable;

/**
 * One object as one transaction left it, in the form in which it is stored.
 *
 * <ul>
 *   <li>{@link Kind#DATA}: {@code data} is here, and {@code dataTid} equals {@code tid};
 *   <li>{@link Kind#SHARED}: the data is that of the revision at {@code dataTid < tid}, which is
 *       always of kind DATA (an undo or a copy; FileStorage calls it a back pointer);
 *   <li>{@link Kind#ABSENT}: from this transaction on the object does not exist (it was deleted, or
 *       its creation was undone); {@code dataTid} is {@link Tid#NONE}.
 * </ul>
 *
 * <p>Data that came through a stage lies there still: {@code staged} says where. Then {@code data}
 * is null until somebody has read it from there, see {@link #withData}.
 *
 * @param blob the blob that belongs to the data, if it has one
 * @param staged where the data is if it is not kept with the revision; of kind DATA only
 */
public record StoredRevision(
    Oid oid,
    Tid tid,
    Kind kind,
    Tid dataTid,
    @Nullable Bytes data,
    @Nullable BlobReference blob,
    @Nullable StagedData staged) {
  public enum Kind {
    DATA,
    SHARED,
    ABSENT
  }

  public StoredRevision {
    requireArgument(!tid.isNone(), "oid %s: a revision needs a tid", oid);
    boolean consistent =
        switch (kind) {
          case DATA -> (data != null || staged != null) && dataTid.equals(tid);
          case SHARED -> !dataTid.isNone() && dataTid.compareTo(tid) < 0;
          case ABSENT -> dataTid.isNone();
        };
    consistent &= kind == Kind.DATA || (data == null && blob == null && staged == null);
    consistent &= data == null || staged == null || data.size() == staged.length();
    requireArgument(consistent, "oid %s at %s: kind %s does not fit its data", oid, tid, kind);
  }

  public static StoredRevision data(Oid oid, Tid tid, Bytes data) {
    return data(oid, tid, data, null);
  }

  public static StoredRevision data(Oid oid, Tid tid, Bytes data, @Nullable BlobReference blob) {
    return new StoredRevision(oid, tid, Kind.DATA, tid, data, blob, null);
  }

  /** Of data that is here, or lies in a stage. */
  public static StoredRevision written(
      Oid oid,
      Tid tid,
      @Nullable Bytes data,
      @Nullable BlobReference blob,
      @Nullable StagedData staged) {
    return new StoredRevision(oid, tid, Kind.DATA, tid, data, blob, staged);
  }

  public static StoredRevision shared(Oid oid, Tid tid, Tid dataTid) {
    return new StoredRevision(oid, tid, Kind.SHARED, dataTid, null, null, null);
  }

  public static StoredRevision absent(Oid oid, Tid tid) {
    return new StoredRevision(oid, tid, Kind.ABSENT, Tid.NONE, null, null, null);
  }

  /**
   * A later revision with the same data, or absent as this one is. Never points at a SHARED one.
   */
  public StoredRevision sharedAt(Tid later) {
    return isAbsent() ? absent(oid, later) : shared(oid, later, dataTid);
  }

  public boolean isAbsent() {
    return kind == Kind.ABSENT;
  }

  /** Whether it has data that is still to be read from its stage. */
  public boolean isUnread() {
    return staged != null && data == null;
  }

  /**
   * The same, with the data that lies in a stage of the storage, if any does.
   *
   * @return null if that is not there (any longer)
   */
  public @Nullable StoredRevision read(StorageId storage, StagedData.Chunks chunks) {
    if (staged == null || data != null) {
      return this;
    }
    Bytes read = staged.read(storage, chunks);
    return read == null ? null : withData(read);
  }

  /** The same, with the data that was read from its stage. */
  public StoredRevision withData(Bytes read) {
    return written(oid, tid, read, blob, staged);
  }

  /** The same, with the data kept with the revision from now on; it is here. */
  public StoredRevision settled() {
    return new StoredRevision(oid, tid, kind, dataTid, data, blob, null);
  }

  /** The size of the data of this revision; 0 if it has none of its own. */
  public int dataBytes() {
    if (data != null) {
      return data.size();
    }
    return staged == null ? 0 : staged.length();
  }
}
