package io.troika.server.core;

import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A store under contract, and what is written into it; a subclass says how to make one. */
abstract class StoreContractFixture {
  protected static final StorageId ONE = new StorageId(1);
  protected static final StorageId TWO = new StorageId(2);
  protected static final Oid A = new Oid(0xa);
  protected static final Oid B = new Oid(0xb);
  protected static final UUID UUID_1 = new UUID(1, 1);

  protected RevisionStore store;
  protected long nextIndex;

  /** A fresh, empty store; closed by the contract. */
  protected abstract RevisionStore createStore() throws Exception;

  @BeforeEach
  void create() throws Exception {
    store = createStore();
    nextIndex = 0;
  }

  @AfterEach
  void close() {
    store.close();
  }

  protected final void writeRevisions(StorageId storage, StoredRevision... revisions) {
    List<NewRevision> added = new ArrayList<>();
    for (StoredRevision revision : revisions) {
      added.add(new NewRevision(storage, revision));
    }
    write(List.of(), added, List.of());
  }

  protected final void writeTransactions(StorageId storage, TransactionRecord... transactions) {
    List<NewTransaction> added = new ArrayList<>();
    for (TransactionRecord transaction : transactions) {
      added.add(new NewTransaction(storage, transaction));
    }
    write(List.of(), List.of(), added);
  }

  protected final void write(
      List<StorageState> storages, List<NewRevision> revisions, List<NewTransaction> added) {
    store.write(new ChangeSet(nextGroup(), storages, revisions, added, List.of(), List.of()));
  }

  /** An entry that changes which groups there are. */
  protected final void writeCatalog(GroupCatalog catalog) {
    store.write(
        new ChangeSet(
            nextGroup(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            PackChanges.NONE,
            BlobChanges.NONE,
            List.of(),
            null,
            catalog));
  }

  /** An entry that commits nothing. */
  protected final void writeOther(
      PackChanges pack, BlobChanges blobs, List<StorageId> dropped, @Nullable AccessList access) {
    store.write(
        new ChangeSet(
            nextGroup(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            pack,
            blobs,
            dropped,
            access,
            null));
  }

  protected final GroupState nextGroup() {
    return new GroupState(new LogPosition(1, nextIndex++), 1, 0);
  }

  protected static StorageState storage(StorageId id, String name, Tid lastTid) {
    return new StorageState(id, name, UUID_1, 1, lastTid, B, Tid.NONE, 1, 2, 3);
  }

  protected static StoredRevision data(Oid oid, long tid, String text) {
    return StoredRevision.data(oid, tid(tid), bytes(text));
  }

  protected static StoredRevision shared(Oid oid, long tid, long dataTid) {
    return StoredRevision.shared(oid, tid(tid), tid(dataTid));
  }

  protected static StoredRevision absent(Oid oid, long tid) {
    return StoredRevision.absent(oid, tid(tid));
  }

  protected static TransactionRecord transaction(long tid) {
    return new TransactionRecord(
        tid(tid), TransactionRecord.NORMAL, TransactionMetadata.EMPTY, List.of(A), 3, id(tid));
  }

  protected static TransactionId id(long sequence) {
    return new TransactionId(UUID_1, sequence);
  }

  protected static Tid tid(long value) {
    return new Tid(value);
  }

  protected static Bytes bytes(String text) {
    return Bytes.utf8(text);
  }
}
