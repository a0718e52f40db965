package io.troika.client;

import java.util.Optional;

/**
 * Why a transaction conflicts, for one object.
 *
 * @param storage the object's storage, of a {@link JointTransaction}; empty for a transaction of
 *     one storage
 * @param kind what the transaction wanted of the object
 * @param oid the object
 * @param serialRead the revision that the transaction started from; none: it was to be new
 * @param serialCurrent the revision that is committed; none: there is no such object
 * @param currentData its bytes, where the server sent them along: only to clients with a {@link
 *     ConflictResolver}, and at most 1 MiB for all conflicts of a transaction together
 */
public record ObjectConflict(
    Optional<String> storage,
    Kind kind,
    Oid oid,
    Tid serialRead,
    Tid serialCurrent,
    Optional<Bytes> currentData) {
  /** What the transaction wanted of the object. */
  public enum Kind {
    /** That it had not changed: {@link Transaction#readCurrent}. */
    READ,
    /** To write it. */
    WRITE,
    /** To delete it. */
    DELETE
  }

  /** Without the data. */
  @Override
  public String toString() {
    return "%soid %s: %s %s, current is %s"
        .formatted(
            storage.map(name -> "storage " + name + ", ").orElse(""),
            oid,
            verb(),
            serialRead,
            serialCurrent);
  }

  private String verb() {
    return switch (kind) {
      case READ -> "read at";
      case WRITE -> "written from";
      case DELETE -> "deleted from";
    };
  }
}
