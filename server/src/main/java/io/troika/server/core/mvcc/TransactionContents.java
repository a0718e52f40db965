package io.troika.server.core.mvcc;

import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;

/**
 * A transaction with its records, for iteration and export.
 *
 * @param revisions one an oid, ascending by oid; shared data is not resolved (a transaction that
 *     undid much would not fit into memory): see {@link ObjectReads#data}
 */
public record TransactionContents(TransactionRecord transaction, List<StoredRevision> revisions) {
  public TransactionContents {
    revisions = List.copyOf(revisions);
  }
}
