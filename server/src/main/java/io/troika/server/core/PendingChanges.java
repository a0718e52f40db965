package io.troika.server.core;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.pack.PackDraft;
import io.troika.server.core.transaction.TransactionPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one log entry changes, while its commands are applied one after the other: each sees the
 * store through the effects of those before it. Ends as one {@link ChangeSet}.
 */
final class PendingChanges {
  private final RevisionReader reader;
  private final LogPosition position;
  private final long logTimeMillis;
  private final long outcomesExpireMillis;
  private int nextStorageId;

  private final PendingBlobs blobs;
  private @Nullable AccessList access; // null: unchanged
  private @Nullable GroupCatalog catalog; // null: unchanged

  private final NavigableMap<StorageId, PendingStorage> storages = new TreeMap<>();
  private final List<StorageState> created = new ArrayList<>(0);
  private final NavigableSet<StorageId> dropped = new TreeSet<>();
  private final NavigableMap<StorageId, PackChanges> packs = new TreeMap<>();
  private final List<NewRevision> revisions = new ArrayList<>();
  private final List<NewTransaction> transactions = new ArrayList<>();
  private final List<ExpiringOutcome> outcomes = new ArrayList<>();
  // Looked up, never iterated, so its order cannot matter.
  private final Map<TransactionId, TransactionOutcome> outcomesById = new HashMap<>();

  /**
   * @param logTimeMillis the log time that the entry brings about
   * @param outcomesExpireMillis the log time from which on its outcomes may be forgotten
   */
  PendingChanges(
      RevisionReader reader, LogPosition position, long logTimeMillis, long outcomesExpireMillis) {
    this.reader = reader;
    this.position = position;
    this.logTimeMillis = logTimeMillis;
    this.outcomesExpireMillis = outcomesExpireMillis;
    this.blobs = new PendingBlobs(reader);
    this.nextStorageId = reader.group().nextStorageId();
  }

  /** The storage, or null when there is none of this id. */
  @Nullable PendingStorage storage(StorageId id) {
    if (dropped.contains(id)) {
      return null;
    }
    PendingStorage pending = storages.get(id);
    if (pending == null) {
      StorageState state = reader.storage(id);
      if (state != null) {
        pending = PendingStorage.existing(reader, blobs, state);
        storages.put(id, pending);
      }
    }
    return pending;
  }

  /** The storage of this name, or null. */
  @Nullable PendingStorage storageNamed(String name) {
    // Those of this entry first: they may have got the name, or lost it.
    for (PendingStorage pending : storages.values()) {
      if (pending.state().name().equals(name)) {
        return pending;
      }
    }
    for (StorageState state : reader.storages()) {
      if (state.name().equals(name) && !storages.containsKey(state.id())) {
        return storage(state.id());
      }
    }
    return null;
  }

  /** A storage that is there, null if there is none. */
  @Nullable StorageState anyStorage() {
    if (!storages.isEmpty()) {
      return storages.firstEntry().getValue().state();
    }
    return reader.storages().stream()
        .filter(state -> !dropped.contains(state.id()))
        .findFirst()
        .orElse(null);
  }

  StorageState createStorage(String name, UUID uuid) {
    StorageId id = new StorageId(nextStorageId++);
    StorageState state = new StorageState(id, name, uuid, 1, Tid.NONE, Oid.ROOT, Tid.NONE, 0, 0, 0);
    storages.put(id, PendingStorage.created(reader, blobs, state));
    created.add(state);
    return state;
  }

  /** Takes the storage away, with all that this entry did in it. */
  void drop(StorageId id) {
    dropped.add(id);
    storages.remove(id);
    created.removeIf(state -> state.id().equals(id));
    packs.remove(id);
    revisions.removeIf(each -> each.storage().equals(id));
    transactions.removeIf(each -> each.storage().equals(id));
    blobs.drop(id);
  }

  /** The outcome of this transaction, if it is remembered. */
  @Nullable TransactionOutcome outcome(TransactionId id) {
    TransactionOutcome pending = outcomesById.get(id);
    return pending == null ? reader.outcome(id) : pending;
  }

  void remember(TransactionId id, TransactionOutcome outcome) {
    outcomesById.put(id, outcome);
    outcomes.add(new ExpiringOutcome(id, outcome, outcomesExpireMillis));
  }

  /** Who may do what. */
  AccessList access() {
    return access == null ? reader.access() : access;
  }

  void changeAccess(AccessList changed) {
    access = changed;
  }

  /** Of the entry that is applied. */
  LogPosition position() {
    return position;
  }

  /** Which groups there are, and what is in them. */
  GroupCatalog catalog() {
    return catalog == null ? reader.catalog() : catalog;
  }

  void changeCatalog(GroupCatalog changed) {
    catalog = changed;
  }

  PendingBlobs blobs() {
    return blobs;
  }

  /** The newest pack of the storage, or null; one that is dropped has none. */
  @Nullable PackState pack(StorageId id) {
    if (dropped.contains(id)) {
      return null;
    }
    PackChanges pending = packs.get(id);
    return pending == null ? reader.pack(id) : pending.states().get(0);
  }

  /** Whether a command of this entry already changed something in a pack of the storage. */
  boolean isPacked(StorageId id) {
    return packs.containsKey(id);
  }

  /** Takes up what one command of a pack changes; once for each storage. */
  void pack(PackState after, PackDraft draft) {
    packs.put(after.storage(), draft.changes(after));
    draft.blobReferences().forEach((id, count) -> refer(new BlobKey(after.storage(), id), count));
    draft.stageReferences().forEach((id, count) -> referStage(after.storage(), id, count));
  }

  private void refer(BlobKey blob, long count) {
    long bytes = blobs.addReferences(blob, count);
    requireNonNull(storage(blob.storage())).addBlobBytes(bytes);
  }

  /** What is in a stage counts as data of its revisions, not as a blob. */
  private void referStage(StorageId storage, BlobId stage, long count) {
    blobs.addReferences(new BlobKey(storage, stage), count);
  }

  void commit(StorageId id, TransactionPlan plan, TransactionRecord transaction) {
    requireNonNull(storage(id)).commit(plan, transaction);
    NavigableMap<BlobId, Long> inStages = new TreeMap<>();
    for (TransactionPlan.Change change : plan.changes()) {
      revisions.add(new NewRevision(id, change.revision()));
      @Nullable BlobReference blob = change.revision().blob();
      if (blob != null) {
        refer(new BlobKey(id, blob.id()), 1);
      }
      @Nullable StagedData staged = change.revision().staged();
      if (staged != null) {
        inStages.merge(staged.stage(), 1L, Long::sum);
      }
    }
    inStages.forEach((stage, count) -> referStage(id, stage, count));
    transactions.add(new NewTransaction(id, transaction));
  }

  /**
   * All changes, with up to {@code forgottenMax} outcomes and {@code expiredMax} staged blobs whose
   * time is up. They are forgotten last, so a transaction that comes again in this very entry is
   * still answered.
   */
  ChangeSet changeSet(int forgottenMax, int expiredMax) {
    List<StorageState> states = new ArrayList<>(storages.size());
    for (PendingStorage storage : storages.values()) {
      if (storage.isChanged()) {
        states.add(storage.state());
      }
    }
    return new ChangeSet(
        new GroupState(position, nextStorageId, logTimeMillis),
        states,
        revisions,
        transactions,
        outcomes,
        reader.expiredOutcomes(logTimeMillis, forgottenMax),
        PackChanges.ofAll(packs.values()),
        blobs.changes(logTimeMillis, expiredMax),
        List.copyOf(dropped),
        access,
        catalog);
  }

  void announce(CommitListener listener) {
    dropped.forEach(listener::storageDropped);
    created.forEach(listener::storageCreated);
    if (catalog != null) {
      listener.catalogChanged();
    }
    Map<StorageId, List<TransactionRecord>> committed = new LinkedHashMap<>();
    for (NewTransaction each : transactions) {
      committed
          .computeIfAbsent(each.storage(), storage -> new ArrayList<>())
          .add(each.transaction());
    }
    committed.forEach(listener::committed);
  }
}
