package io.troika.server.core;

import static io.troika.server.core.model.Checks.checkInvariant;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.transaction.StorageView;
import io.troika.server.core.transaction.TransactionPlan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One storage while a log entry is applied: what the store holds, overlaid with what the entry's
 * earlier commands changed. Keeps the storage's counts right.
 */
final class PendingStorage implements StorageView {
  private final RevisionReader reader;
  private final PendingBlobs blobs;
  private final StorageId id;
  // Looked up, never iterated, so their order cannot matter.
  private final Map<Oid, PendingRevision> revisions = new HashMap<>();
  private final Map<Tid, TransactionRecord> transactions = new HashMap<>();

  /** Objects whose stored revisions this entry removes, all of them. */
  private final Set<Oid> removed = new HashSet<>(0);

  private StorageState state;
  private boolean changed;

  private PendingStorage(
      RevisionReader reader, PendingBlobs blobs, StorageState state, boolean changed) {
    this.reader = reader;
    this.blobs = blobs;
    this.id = state.id();
    this.state = state;
    this.changed = changed;
  }

  static PendingStorage existing(RevisionReader reader, PendingBlobs blobs, StorageState state) {
    return new PendingStorage(reader, blobs, state, false);
  }

  static PendingStorage created(RevisionReader reader, PendingBlobs blobs, StorageState state) {
    return new PendingStorage(reader, blobs, state, true);
  }

  /** The same as it is now, to try something on; what changes in one does not in the other. */
  PendingStorage copy() {
    PendingStorage copy = new PendingStorage(reader, blobs, state, changed);
    copy.revisions.putAll(revisions);
    copy.transactions.putAll(transactions);
    copy.removed.addAll(removed);
    return copy;
  }

  StorageState state() {
    return state;
  }

  boolean isChanged() {
    return changed;
  }

  @Override
  public Tid lastTid() {
    return state.lastTid();
  }

  @Override
  public Tid packTid() {
    return state.packTid();
  }

  @Override
  public @Nullable StoredRevision newest(Oid oid) {
    PendingRevision pending = revisions.get(oid);
    return pending == null ? storedBefore(oid, Tid.MAX) : pending.revision();
  }

  @Override
  public Map<Oid, ObjectSerial> newestSerials(List<Oid> oids) {
    List<Oid> stored = new ArrayList<>(oids.size());
    Map<Oid, ObjectSerial> pending = new HashMap<>();
    for (Oid oid : oids) {
      PendingRevision ofEntry = revisions.get(oid);
      if (ofEntry != null) {
        pending.put(oid, ObjectSerial.of(ofEntry.revision()));
      } else if (!removed.contains(oid)) {
        stored.add(oid);
      }
    }
    Map<Oid, ObjectSerial> serials = reader.newestSerials(id, stored);
    serials.putAll(pending);
    return serials;
  }

  private @Nullable StoredRevision storedBefore(Oid oid, Tid before) {
    return removed.contains(oid) ? null : reader.unreadBefore(id, oid, before);
  }

  @Override
  public @Nullable StoredRevision newestBefore(Oid oid, Tid before) {
    for (PendingRevision each = revisions.get(oid); each != null; each = each.older()) {
      if (each.revision().tid().compareTo(before) < 0) {
        return each.revision();
      }
    }
    return storedBefore(oid, before);
  }

  @Override
  public @Nullable StoredRevision at(Oid oid, Tid tid) {
    for (PendingRevision each = revisions.get(oid); each != null; each = each.older()) {
      if (each.revision().tid().equals(tid)) {
        return each.revision();
      }
    }
    return removed.contains(oid) ? null : reader.unreadAt(id, oid, tid);
  }

  @Override
  public @Nullable StoredRevision read(StoredRevision revision) {
    StoredRevision read = revision.read(id, blobs::chunk);
    checkInvariant(
        read != null, "%s, oid %s: its data is not in %s", id, revision.oid(), revision.staged());
    return requireNonNull(read);
  }

  @Override
  public @Nullable TransactionRecord transaction(Tid tid) {
    TransactionRecord pending = transactions.get(tid);
    return pending == null ? reader.transaction(id, tid) : pending;
  }

  /** Transactions after a tid, stored ones first, at most {@code limit} of them. */
  List<TransactionRecord> transactionsAfter(Tid after, int limit) {
    List<TransactionRecord> all = new ArrayList<>(reader.transactions(id, after, Tid.MAX, limit));
    for (Tid tid : new TreeSet<>(transactions.keySet())) {
      if (tid.compareTo(after) > 0 && all.size() < limit) {
        all.add(requireNonNull(transactions.get(tid)));
      }
    }
    return all;
  }

  /** Nobody may ask for what only a state before {@code horizon} shows. */
  void raisePackTid(Tid horizon) {
    change(state.packedAt(horizon));
  }

  /** Another name, quota, or place among the storages. */
  void become(StorageState next) {
    change(next);
  }

  /** Forgets the stored revisions of these objects. */
  void remove(Collection<Oid> oids) {
    removed.addAll(oids);
  }

  /** Takes note of what a pack did. */
  void pack(long objectsRemoved, long dataBytesChange) {
    if (objectsRemoved != 0 || dataBytesChange != 0) {
      change(
          state.withCounts(
              state.objectCount() - objectsRemoved, state.dataBytes() + dataBytesChange));
    }
  }

  /** Takes note of blobs that came, or went. */
  void addBlobBytes(long bytes) {
    if (bytes != 0) {
      change(state.withBlobBytes(state.blobBytes() + bytes));
    }
  }

  /** Takes up the revisions of a transaction and its record. */
  void commit(TransactionPlan plan, TransactionRecord transaction) {
    long objectCount = state.objectCount();
    Oid nextOid = state.nextOid();
    for (TransactionPlan.Change change : plan.changes()) {
      StoredRevision revision = change.revision();
      revisions.put(revision.oid(), new PendingRevision(revision, revisions.get(revision.oid())));
      objectCount += (revision.isAbsent() ? 0 : 1) - (change.existed() ? 1 : 0);
      nextOid = above(revision.oid(), nextOid);
    }
    transactions.put(transaction.tid(), transaction);
    change(
        state.committed(
            transaction.tid(), nextOid, objectCount, state.dataBytes() + transaction.sizeBytes()));
  }

  /** Takes {@code count} oids, of which there are enough. */
  Oid allocate(int count) {
    Oid first = state.nextOid();
    change(state.withNextOid(new Oid(first.value() + count)));
    return first;
  }

  private void change(StorageState next) {
    state = requireNonNull(next);
    changed = true;
  }

  /** The next oid once {@code stored} is in use; {@link Oid#MAX} itself is never handed out. */
  private static Oid above(Oid stored, Oid nextOid) {
    if (stored.compareTo(nextOid) < 0) {
      return nextOid;
    }
    return stored.equals(Oid.MAX) ? Oid.MAX : stored.next();
  }

  private record PendingRevision(StoredRevision revision, @Nullable PendingRevision older) {}
}
