package io.troika.client;

import java.util.List;
import java.util.Optional;

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

  /**
   * It wrote data.
   *
   * @param blob the blob that comes with the data, if one does
   */
  public record Written(Oid oid, Bytes data, Optional<BlobSource> blob) implements Change {
    /** Without a blob. */
    public Written(Oid oid, Bytes data) {
      this(oid, data, Optional.empty());
    }

    /** With a blob. */
    public Written(Oid oid, Bytes data, BlobSource blob) {
      this(oid, data, Optional.of(blob));
    }
  }

  /**
   * It gave the object back the data of an earlier revision, as undo does, and its blob with it.
   *
   * @param dataTid the serial of the revision whose data is shared
   */
  public record Shared(Oid oid, Tid dataTid) implements Change {}

  /** It deleted the object, or undid its creation. */
  public record Removed(Oid oid) implements Change {}
}
