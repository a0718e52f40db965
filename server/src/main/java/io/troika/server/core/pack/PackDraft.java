package io.troika.server.core.pack;

import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.PackChanges;
import io.troika.server.core.PackChanges.RemovedRevision;
import io.troika.server.core.PackChanges.RemovedTransaction;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one command of a pack changes in one storage, while it is planned. */
public final class PackDraft {
  private final StorageId storage;
  private final List<NewRevision> rewrittenRevisions = new ArrayList<>();
  private final List<RemovedRevision> removedRevisions = new ArrayList<>();
  private final List<NewTransaction> rewrittenTransactions = new ArrayList<>();
  private final List<RemovedTransaction> removedTransactions = new ArrayList<>();
  private final NavigableMap<BlobId, Long> blobReferences = new TreeMap<>();
  private final NavigableMap<BlobId, Long> stageReferences = new TreeMap<>();
  private long dataBytesRemoved;
  private long dataBytesAdded;
  private long objectsRemoved;

  public PackDraft(StorageId storage) {
    this.storage = storage;
  }

  /** Gives a revision that shared data the same data in another form. */
  void rewrite(StoredRevision revision) {
    rewrittenRevisions.add(new NewRevision(storage, revision));
    dataBytesAdded += revision.dataBytes();
    @Nullable BlobReference blob = revision.blob();
    refer(blobReferences, blob == null ? null : blob.id(), 1);
  }

  /** Keeps the data of a revision, which is here, with it and no longer in its stage. */
  void settle(StoredRevision revision) {
    rewrittenRevisions.add(new NewRevision(storage, revision.settled()));
    @Nullable StagedData staged = revision.staged();
    refer(stageReferences, staged == null ? null : staged.stage(), -1);
  }

  void remove(RevisionHead revision) {
    removedRevisions.add(new RemovedRevision(storage, revision.oid(), revision.tid()));
    dataBytesRemoved += revision.dataBytes();
    refer(blobReferences, revision.blob(), -1);
    refer(stageReferences, revision.stage(), -1);
  }

  private static void refer(
      NavigableMap<BlobId, Long> references, @Nullable BlobId blob, long count) {
    if (blob != null) {
      references.merge(blob, count, Long::sum);
    }
  }

  /** How many more revisions have each blob that is met; negative, as a rule. */
  public NavigableMap<BlobId, Long> blobReferences() {
    return Collections.unmodifiableNavigableMap(blobReferences);
  }

  /** Likewise of each stage: how many more revisions have data there. */
  public NavigableMap<BlobId, Long> stageReferences() {
    return Collections.unmodifiableNavigableMap(stageReferences);
  }

  void removeObject(RevisionHead last) {
    remove(last);
    objectsRemoved++;
  }

  void rewrite(TransactionRecord transaction) {
    rewrittenTransactions.add(new NewTransaction(storage, transaction));
  }

  void removeTransaction(Tid tid) {
    removedTransactions.add(new RemovedTransaction(storage, tid));
  }

  /** How many more bytes of data the storage has; negative, as a rule. */
  public long dataBytesChange() {
    return dataBytesAdded - dataBytesRemoved;
  }

  public long objectsRemoved() {
    return objectsRemoved;
  }

  public Collection<Oid> oidsRemoved() {
    return removedRevisions.stream().map(RemovedRevision::oid).toList();
  }

  public PackState.Removed removed() {
    return new PackState.Removed(
        removedRevisions.size(), objectsRemoved, removedTransactions.size(), dataBytesRemoved);
  }

  /** All of it, with the state that the pack is in afterwards. */
  public PackChanges changes(PackState after) {
    return new PackChanges(
        rewrittenRevisions,
        removedRevisions,
        rewrittenTransactions,
        removedTransactions,
        List.of(after));
  }
}
