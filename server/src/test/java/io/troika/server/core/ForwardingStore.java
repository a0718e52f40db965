package io.troika.server.core;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Another store, for tests that change a method or two. */
public abstract class ForwardingStore implements RevisionStore {
  private final RevisionStore store;

  protected ForwardingStore(RevisionStore store) {
    this.store = store;
  }

  @Override
  public void write(ChangeSet changes) {
    store.write(changes);
  }

  @Override
  public @Nullable TransactionOutcome outcome(TransactionId id) {
    return store.outcome(id);
  }

  @Override
  public @Nullable StoredRevision unreadBefore(StorageId storage, Oid oid, Tid before) {
    return store.unreadBefore(storage, oid, before);
  }

  @Override
  public @Nullable StoredRevision unreadAt(StorageId storage, Oid oid, Tid tid) {
    return store.unreadAt(storage, oid, tid);
  }

  @Override
  public @Nullable StoredRevision newestBefore(StorageId storage, Oid oid, Tid before) {
    return store.newestBefore(storage, oid, before);
  }

  @Override
  public @Nullable StoredRevision at(StorageId storage, Oid oid, Tid tid) {
    return store.at(storage, oid, tid);
  }

  @Override
  public @Nullable Tid nextTid(StorageId storage, Oid oid, Tid tid) {
    return store.nextTid(storage, oid, tid);
  }

  @Override
  public Map<Oid, ObjectSerial> newestSerials(StorageId storage, List<Oid> oids) {
    return store.newestSerials(storage, oids);
  }

  @Override
  public List<StoredRevision> history(StorageId storage, Oid oid, Tid before, int limit) {
    return store.history(storage, oid, before, limit);
  }

  @Override
  public List<Oid> oids(StorageId storage, Oid from, int limit) {
    return store.oids(storage, from, limit);
  }

  @Override
  public List<RevisionHead> heads(
      StorageId storage, Oid from, Tid before, int limit, long bytesMax) {
    return store.heads(storage, from, before, limit, bytesMax);
  }

  @Override
  public @Nullable BlobState blob(BlobKey key) {
    return store.blob(key);
  }

  @Override
  public @Nullable Bytes blobChunk(BlobKey key, int chunk) {
    return store.blobChunk(key, chunk);
  }

  @Override
  public List<BlobState> stagedBlobs() {
    return store.stagedBlobs();
  }

  @Override
  public List<BlobState> blobs(@Nullable BlobKey after, int limit) {
    return store.blobs(after, limit);
  }

  @Override
  public @Nullable PackState pack(StorageId storage) {
    return store.pack(storage);
  }

  @Override
  public @Nullable TransactionRecord transaction(StorageId storage, Tid tid) {
    return store.transaction(storage, tid);
  }

  @Override
  public List<TransactionRecord> transactions(StorageId storage, Tid after, Tid upTo, int limit) {
    return store.transactions(storage, after, upTo, limit);
  }

  @Override
  public List<TransactionRecord> transactionsBackwards(StorageId storage, Tid before, int limit) {
    return store.transactionsBackwards(storage, before, limit);
  }

  @Override
  public List<ExpiringOutcome> expiredOutcomes(long timeMillis, int limit) {
    return store.expiredOutcomes(timeMillis, limit);
  }

  @Override
  public List<ExpiringOutcome> outcomes(@Nullable TransactionId after, int limit) {
    return store.outcomes(after, limit);
  }

  @Override
  public @Nullable StorageState storage(StorageId storage) {
    return store.storage(storage);
  }

  @Override
  public List<StorageState> storages() {
    return store.storages();
  }

  @Override
  public GroupCatalog catalog() {
    return store.catalog();
  }

  @Override
  public AccessList access() {
    return store.access();
  }

  @Override
  public GroupState group() {
    return store.group();
  }

  @Override
  public void close() {
    store.close();
  }
}
