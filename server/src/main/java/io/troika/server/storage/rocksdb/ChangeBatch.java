package io.troika.server.storage.rocksdb;

import io.troika.server.core.BlobChanges;
import io.troika.server.core.BlobChanges.NewChunk;
import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.PackChanges;
import io.troika.server.core.PackChanges.RemovedRevision;
import io.troika.server.core.PackChanges.RemovedTransaction;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.log.AccessCodec;
import io.troika.server.log.GroupCodec;
import java.util.List;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Writes change sets, each as one batch of puts and deletes. For one writer at a time, and used
 * again: the memory of a batch of large values, taken and given back with each write, costs more
 * than what is done with it.
 */
final class ChangeBatch implements AutoCloseable {
  private static final byte[] NOTHING = {};

  /** A batch that became larger is not kept; one of chunks of blobs is smaller. */
  private static final long KEPT_BYTES_MAX = 1 << 20;

  private final RocksDatabase database;
  private final ChunkBuffers chunkBuffers = new ChunkBuffers();
  private WriteBatch batch = new WriteBatch();

  ChangeBatch(RocksDatabase database) {
    this.database = database;
  }

  /**
   * All of it or, where this throws, nothing.
   *
   * @param replaced what is recorded by now of those whose outcomes are remembered anew
   */
  void write(ChangeSet changes, List<ExpiringOutcome> replaced) {
    try {
      batch.clear(); // also of what was not written because of a failure
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
      pack(changes.pack());
      blobs(changes.blobs());
      // Forgotten first: an id may be forgotten and remembered anew by the same entry.
      for (ExpiringOutcome forgotten : changes.forgottenOutcomes()) {
        forget(forgotten);
      }
      for (ExpiringOutcome before : replaced) {
        deleteExpiry(before);
      }
      for (ExpiringOutcome remembered : changes.outcomes()) {
        remember(remembered);
      }
      for (StorageId dropped : changes.dropped()) {
        drop(dropped);
      }
      for (StorageState state : changes.storages()) {
        put(Family.META, Keys.storageState(state.id()), Values.encode(state));
      }
      if (changes.access() != null) {
        put(Family.META, Keys.access(), AccessCodec.encode(changes.access()));
      }
      if (changes.catalog() != null) {
        put(Family.META, Keys.catalog(), GroupCodec.encode(changes.catalog()));
      }
      put(Family.META, Keys.group(), Values.encode(changes.group()));
    } catch (RocksDBException e) {
      throw StorageFailure.of("building a batch", e);
    }
    database.write(batch);
    if (batch.getDataSize() > KEPT_BYTES_MAX) {
      batch.close();
      batch = new WriteBatch();
    }
  }

  /** What replicas decide by goes at once; the rest later, nobody can ask for it any more. */
  private void drop(StorageId storage) throws RocksDBException {
    batch.delete(database.handle(Family.META), Keys.storageState(storage));
    batch.delete(database.handle(Family.PACKS), Keys.pack(storage));
    for (Family family : List.of(Family.STAGING, Family.BLOB_STATES)) {
      batch.deleteRange(
          database.handle(family), Keys.storageStart(storage), Keys.storageEnd(storage));
    }
  }

  private void pack(PackChanges changes) throws RocksDBException {
    for (NewRevision rewritten : changes.rewrittenRevisions()) {
      StoredRevision revision = rewritten.revision();
      byte[] key = Keys.revision(rewritten.storage(), revision.oid(), revision.tid());
      put(Family.REVISIONS, key, Values.encode(revision));
    }
    for (RemovedRevision removed : changes.removedRevisions()) {
      remove(removed);
    }
    for (NewTransaction rewritten : changes.rewrittenTransactions()) {
      TransactionRecord transaction = rewritten.transaction();
      byte[] key = Keys.transaction(rewritten.storage(), transaction.tid());
      put(Family.TRANSACTIONS, key, Values.encode(transaction));
    }
    for (RemovedTransaction removed : changes.removedTransactions()) {
      byte[] key = Keys.transaction(removed.storage(), removed.tid());
      batch.delete(database.handle(Family.TRANSACTIONS), key);
    }
    for (PackState state : changes.states()) {
      put(Family.PACKS, Keys.pack(state.storage()), Values.encode(state));
    }
  }

  private void blobs(BlobChanges changes) throws RocksDBException {
    for (NewChunk each : changes.chunks()) {
      batch.put(
          database.handle(Family.BLOBS),
          chunkBuffers.key(Keys.blobChunk(each.key(), each.chunk())),
          chunkBuffers.value(each.data()));
    }
    for (BlobState each : changes.states()) {
      byte[] key = Keys.blob(each.key());
      put(each.isStaged() ? Family.STAGING : Family.BLOB_STATES, key, Values.encode(each));
      if (!each.isStaged()) {
        batch.delete(database.handle(Family.STAGING), key);
      }
    }
    for (BlobKey each : changes.removed()) {
      remove(each);
    }
  }

  /** The one place where a blob goes, in one row however large it is. */
  private void remove(BlobKey key) throws RocksDBException {
    batch.delete(database.handle(Family.STAGING), Keys.blob(key));
    batch.delete(database.handle(Family.BLOB_STATES), Keys.blob(key));
    batch.deleteRange(database.handle(Family.BLOBS), Keys.blobChunk(key, 0), Keys.chunksEnd(key));
  }

  /** The one place where a revision goes; its blob goes by {@link BlobChanges}. */
  private void remove(RemovedRevision removed) throws RocksDBException {
    byte[] key = Keys.revision(removed.storage(), removed.oid(), removed.tid());
    batch.delete(database.handle(Family.REVISIONS), key);
  }

  private void remember(ExpiringOutcome remembered) throws RocksDBException {
    TransactionId id = remembered.id();
    put(Family.OUTCOMES, Keys.outcome(id), Values.encode(remembered));
    put(Family.OUTCOME_EXPIRIES, Keys.expiry(remembered.expiresMillis(), id), NOTHING);
  }

  private void forget(ExpiringOutcome forgotten) throws RocksDBException {
    deleteExpiry(forgotten);
    batch.delete(database.handle(Family.OUTCOMES), Keys.outcome(forgotten.id()));
  }

  private void deleteExpiry(ExpiringOutcome known) throws RocksDBException {
    byte[] key = Keys.expiry(known.expiresMillis(), known.id());
    batch.delete(database.handle(Family.OUTCOME_EXPIRIES), key);
  }

  private void put(Family family, byte[] key, byte[] value) throws RocksDBException {
    batch.put(database.handle(family), key, value);
  }

  @Override
  public void close() {
    batch.close();
  }
}
