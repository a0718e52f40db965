package io.troika.client;

/**
 * Why a transaction conflicts, for one object.
 *
 * @param kind what the transaction wanted of the object
 * @param oid the object
 * @param serialRead the revision that the transaction started from; none: it was to be new
 * @param serialCurrent the revision that is committed; none: there is no such object
 */
public record ObjectConflict(Kind kind, Oid oid, Tid serialRead, Tid serialCurrent) {
  /** What the transaction wanted of the object. */
  public enum Kind {
    /** That it had not changed: {@link Transaction#readCurrent}. */
    READ,
    /** To write it. */
    WRITE,
    /** To delete it. */
    DELETE
  }

  @Override
  public String toString() {
    return "oid %s: %s at %s, current is %s".formatted(oid, verb(), serialRead, serialCurrent);
  }

  private String verb() {
    return switch (kind) {
      case READ -> "read";
      case WRITE -> "written from";
      case DELETE -> "deleted from";
    };
  }
}
