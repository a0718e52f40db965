package io.troika.client;

import java.util.Optional;

/**
 * What a committed transaction did to one object.
 *
 * @param oid the object
 * @param data as of this transaction, also where it is shared; empty: the object is absent
 * @param dataTid where the data is shared (by undo): the transaction that wrote it; else none
 * @param hasBlob whether a blob came with the data; false where that is shared
 */
public record RecordedChange(Oid oid, Optional<Bytes> data, Tid dataTid, boolean hasBlob) {
  /** Without a blob. */
  public RecordedChange(Oid oid, Optional<Bytes> data, Tid dataTid) {
    this(oid, data, dataTid, false);
  }
}
