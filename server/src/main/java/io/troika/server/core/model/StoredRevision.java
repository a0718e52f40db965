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
 * @param blob the blob that belongs to the data, if it has one
 */
public record StoredRevision(
    Oid oid, Tid tid, Kind kind, Tid dataTid, @Nullable Bytes data, @Nullable BlobReference blob) {
  public enum Kind {
    DATA,
    SHARED,
    ABSENT
  }

  public StoredRevision {
    requireArgument(!tid.isNone(), "oid %s: a revision needs a tid", oid);
    boolean consistent =
        switch (kind) {
          case DATA -> data != null && dataTid.equals(tid);
          case SHARED ->
              data == null && blob == null && !dataTid.isNone() && dataTid.compareTo(tid) < 0;
          case ABSENT -> data == null && blob == null && dataTid.isNone();
        };
    requireArgument(consistent, "oid %s at %s: kind %s does not fit its data", oid, tid, kind);
  }

  public static StoredRevision data(Oid oid, Tid tid, Bytes data) {
    return data(oid, tid, data, null);
  }

  public static StoredRevision data(Oid oid, Tid tid, Bytes data, @Nullable BlobReference blob) {
    return new StoredRevision(oid, tid, Kind.DATA, tid, data, blob);
  }

  public static StoredRevision shared(Oid oid, Tid tid, Tid dataTid) {
    return new StoredRevision(oid, tid, Kind.SHARED, dataTid, null, null);
  }

  public static StoredRevision absent(Oid oid, Tid tid) {
    return new StoredRevision(oid, tid, Kind.ABSENT, Tid.NONE, null, null);
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
}
