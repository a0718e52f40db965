package io.troika.server.core;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that applying one log entry changes, written as one. The lists are in the order of the log;
 * storages are whole new states, each at most once.
 *
 * @param group the group's state after the entry
 * @param blobs what becomes of blobs
 * @param pack what packing changes of what was there before
 * @param dropped storages that are gone with all that is in them; nothing else here is of them
 * @param access who may do what from now on; null if that has not changed
 * @param catalog which groups there are from now on; null if that has not changed
 */
public record ChangeSet(
    GroupState group,
    List<StorageState> storages,
    List<NewRevision> revisions,
    List<NewTransaction> transactions,
    List<ExpiringOutcome> outcomes,
    List<ExpiringOutcome> forgottenOutcomes,
    PackChanges pack,
    BlobChanges blobs,
    List<StorageId> dropped,
    @Nullable AccessList access,
    @Nullable GroupCatalog catalog) {
  public ChangeSet {
    storages = List.copyOf(storages);
    revisions = List.copyOf(revisions);
    transactions = List.copyOf(transactions);
    outcomes = List.copyOf(outcomes);
    forgottenOutcomes = List.copyOf(forgottenOutcomes);
    dropped = List.copyOf(dropped);
  }

  /** Transactions and outcomes, and nothing else. */
  public ChangeSet(
      GroupState group,
      List<StorageState> storages,
      List<NewRevision> revisions,
      List<NewTransaction> transactions,
      List<ExpiringOutcome> outcomes,
      List<ExpiringOutcome> forgottenOutcomes) {
    this(
        group,
        storages,
        revisions,
        transactions,
        outcomes,
        forgottenOutcomes,
        PackChanges.NONE,
        BlobChanges.NONE,
        List.of(),
        null,
        null);
  }

  public record NewRevision(StorageId storage, StoredRevision revision) {}

  public record NewTransaction(StorageId storage, TransactionRecord transaction) {}

  /**
   * An outcome to remember for a while.
   *
   * @param expiresMillis the log time from which on it may be forgotten
   */
  public record ExpiringOutcome(TransactionId id, TransactionOutcome outcome, long expiresMillis) {}
}
