package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** A change set as one batch of puts and deletes. Lives for one write, on one thread. */
final class ChangeBatch implements AutoCloseable {
  private static final byte[] NOTHING = {};

  private final RocksDatabase database;
  private final RevisionQueries queries;
  private final WriteBatch batch = new WriteBatch();

  ChangeBatch(RocksDatabase database, RevisionQueries queries) {
    this.database = database;
    this.queries = queries;
  }

  void write(ChangeSet changes) {
    try {
      for (NewRevision added : changes.revisions()) {
        StoredRevision revision = added.revision();
        byte[] key = Keys.revision(added.storage(), revision.oid(), revision.tid());
        put(Family.REVISIONS, key, Values.encode(revision));
      }
      for (NewTransaction added : changes.transactions()) {
        TransactionRecord transaction = added.transaction();
        byte[] key = Keys.transaction(added.storage(), transaction.tid());
        put(Family.TRANSACTIONS, key, Values.encode(transaction));
      }
      // Forgotten first: an id may be forgotten and remembered anew by the same entry.
      for (ExpiringOutcome forgotten : changes.forgottenOutcomes()) {
        forget(forgotten.id());
      }
      for (ExpiringOutcome remembered : changes.outcomes()) {
        remember(remembered);
      }
      for (StorageState state : changes.storages()) {
        put(Family.META, Keys.storageState(state.id()), Values.encode(state));
      }
      put(Family.META, Keys.group(), Values.encode(changes.group()));
    } catch (RocksDBException e) {
      throw StorageFailure.of("building a batch", e);
    }
    database.write(batch);
  }

  private void remember(ExpiringOutcome remembered) throws RocksDBException {
    TransactionId id = remembered.id();
    deleteExpiry(queries.expiringOutcome(id));
    put(Family.OUTCOMES, Keys.outcome(id), Values.encode(remembered));
    put(Family.OUTCOME_EXPIRIES, Keys.expiry(remembered.expiresMillis(), id), NOTHING);
  }

  private void forget(TransactionId id) throws RocksDBException {
    deleteExpiry(queries.expiringOutcome(id));
    batch.delete(database.handle(Family.OUTCOMES), Keys.outcome(id));
  }

  private void deleteExpiry(@Nullable ExpiringOutcome known) throws RocksDBException {
    if (known != null) {
      byte[] key = Keys.expiry(known.expiresMillis(), known.id());
      batch.delete(database.handle(Family.OUTCOME_EXPIRIES), key);
    }
  }

  private void put(Family family, byte[] key, byte[] value) throws RocksDBException {
    batch.put(database.handle(family), key, value);
  }

  @Override
  public void close() {
    batch.close();
  }
}
