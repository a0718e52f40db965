package io.troika.server.filestorage;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import org.jspecify.annotations.Nullable;

/**
 * One object in one transaction of a {@code Data.fs}. A transaction may hold several of the same
 * object (stored twice, or undone more than once in it): the last one counts.
 */
public sealed interface DataRecord {
  Oid oid();

  /** The tid that the data record carries: its transaction's, unless another was tolerated. */
  Tid tid();

  /** Where it begins in the file. */
  long position();

  /** An object with data of its own; never empty. */
  record Data(Oid oid, Tid tid, long position, Bytes data) implements DataRecord {}

  /**
   * An object that has the data of an earlier revision, as an undo or a copy leaves it. {@link
   * FileStorageReader#readData} gives the data.
   *
   * @param targetTid the transaction that the back pointer names, which may itself hold a back
   *     pointer; ZODB's {@code data_txn}
   * @param dataTid the transaction that holds the data: where the chain of back pointers ends. Less
   *     than {@code tid}, but for an odd file whose back pointer stays within one transaction
   * @param dataPosition where the data begins in the file
   * @param dataSizeBytes 1 or more
   */
  record Shared(
      Oid oid,
      Tid tid,
      long position,
      Tid targetTid,
      Tid dataTid,
      long dataPosition,
      long dataSizeBytes)
      implements DataRecord {}

  /**
   * An object that does not exist from this transaction on: deleted, or its creation undone.
   *
   * @param targetTid when this is said by way of a back pointer to another such record, the
   *     transaction that it names; else null
   */
  record Absent(Oid oid, Tid tid, long position, @Nullable Tid targetTid) implements DataRecord {}
}
