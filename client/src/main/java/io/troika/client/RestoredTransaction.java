package io.troika.client;

import java.util.List;

/**
 * A transaction that was committed elsewhere, to be copied with its tid.
 *
 * @param tid greater than the storage's last tid
 * @param status 0x20 normal, 0x70 packed
 * @param metadata what it says of itself
 * @param changes at most one for each object
 */
public record RestoredTransaction(
    Tid tid, int status, TransactionMetadata metadata, List<Change> changes) {
  /** The status of an ordinary transaction, as FileStorage writes it. */
  public static final int STATUS_NORMAL = 0x20;

  /** The status of a transaction before the pack horizon. */
  public static final int STATUS_PACKED = 0x70;

  public RestoredTransaction {
    changes = List.copyOf(changes);
  }

  /** What the transaction did to one object. */
  public sealed interface Change {
    /** The object. */
    Oid oid();
  }

  /** It wrote data. */
  public record Written(Oid oid, Bytes data) implements Change {}

  /**
   * It gave the object back the data of an earlier revision, as undo does.
   *
   * @param dataTid the serial of the revision whose data is shared
   */
  public record Shared(Oid oid, Tid dataTid) implements Change {}

  /** It deleted the object, or undid its creation. */
  public record Removed(Oid oid) implements Change {}
}
