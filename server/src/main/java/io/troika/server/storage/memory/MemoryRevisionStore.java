package io.troika.server.storage.memory;

import static io.troika.server.core.model.Checks.checkInvariant;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.PackChanges;
import io.troika.server.core.RevisionStore;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The state of one Raft group in sorted maps: the reference model that other stores are compared
 * with, and the disk of the simulation. Nothing is ever durable; {@link #copy} stands in for a
 * flush or a checkpoint.
 *
 * <p>Safe for any thread: one read-write lock guards everything, so readers see whole change sets.
 */
public final class MemoryRevisionStore implements RevisionStore {
  private static final Keyspace EMPTY = new Keyspace();
  private static final Comparator<ExpiringOutcome> BY_EXPIRY =
      Comparator.comparingLong(ExpiringOutcome::expiresMillis).thenComparing(ExpiringOutcome::id);

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final NavigableMap<StorageId, Keyspace> keyspaces = new TreeMap<>();
  private final NavigableMap<TransactionId, ExpiringOutcome> outcomes = new TreeMap<>();
  private final NavigableSet<ExpiringOutcome> outcomesByExpiry = new TreeSet<>(BY_EXPIRY);
  private MemoryBlobs blobs = new MemoryBlobs();
  private AccessList access = AccessList.EMPTY;
  private GroupCatalog catalog = GroupCatalog.EMPTY;
  private GroupState group = GroupState.INITIAL;
  private boolean closed;

  @Override
  public void write(ChangeSet changes) {
    lock.writeLock().lock();
    try {
      requireOpen();
      new ChangeSetValidation(group, keyspaces).validate(changes);
      for (ChangeSet.NewRevision added : changes.revisions()) {
        keyspaceToChange(added.storage()).add(added.revision());
      }
      for (ChangeSet.NewTransaction added : changes.transactions()) {
        keyspaceToChange(added.storage()).add(added.transaction());
      }
      for (StorageState state : changes.storages()) {
        keyspaceToChange(state.id()).state = state;
      }
      pack(changes.pack());
      blobs.write(changes.blobs());
      changes.dropped().forEach(keyspaces::remove);
      changes.dropped().forEach(blobs::drop);
      changes.forgottenOutcomes().forEach(this::forget);
      changes.outcomes().forEach(this::remember);
      access = changes.access() == null ? access : changes.access();
      catalog = changes.catalog() == null ? catalog : changes.catalog();
      group = changes.group();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void pack(PackChanges changes) {
    changes
        .rewrittenRevisions()
        .forEach(each -> keyspaceToChange(each.storage()).add(each.revision()));
    changes
        .removedRevisions()
        .forEach(each -> keyspaceToChange(each.storage()).remove(each.oid(), each.tid()));
    changes
        .rewrittenTransactions()
        .forEach(each -> keyspaceToChange(each.storage()).add(each.transaction()));
    changes
        .removedTransactions()
        .forEach(each -> keyspaceToChange(each.storage()).transactions.remove(each.tid()));
    changes.states().forEach(each -> keyspaceToChange(each.storage()).pack = each);
  }

  private Keyspace keyspaceToChange(StorageId storage) {
    return keyspaces.computeIfAbsent(storage, id -> new Keyspace());
  }

  private void remember(ExpiringOutcome outcome) {
    ExpiringOutcome replaced = outcomes.put(outcome.id(), outcome);
    if (replaced != null) {
      outcomesByExpiry.remove(replaced);
    }
    outcomesByExpiry.add(outcome);
  }

  private void forget(ExpiringOutcome outcome) {
    ExpiringOutcome forgotten = outcomes.remove(outcome.id());
    if (forgotten != null) {
      outcomesByExpiry.remove(forgotten);
    }
  }

  /** A second store with the same state; later writes to either do not show in the other. */
  public MemoryRevisionStore copy() {
    return read(
        () -> {
          MemoryRevisionStore copy = new MemoryRevisionStore();
          keyspaces.forEach(
              (id, keyspace) -> {
                Keyspace target = copy.keyspaceToChange(id);
                target.state = keyspace.state;
                target.pack = keyspace.pack;
                keyspace.revisions.forEach(
                    (oid, ofObject) -> target.revisions.put(oid, new TreeMap<>(ofObject)));
                target.transactions.putAll(keyspace.transactions);
              });
          copy.blobs = blobs.copy();
          copy.outcomes.putAll(outcomes);
          copy.outcomesByExpiry.addAll(outcomesByExpiry);
          copy.access = access;
          copy.catalog = catalog;
          copy.group = group;
          return copy;
        });
  }

  @Override
  public @Nullable StoredRevision unreadBefore(StorageId storage, Oid oid, Tid before) {
    return readOrNull(
        () -> {
          Map.Entry<Tid, StoredRevision> newest =
              keyspace(storage).revisionsOf(oid).lowerEntry(before);
          return newest == null ? null : newest.getValue();
        });
  }

  @Override
  public @Nullable StoredRevision unreadAt(StorageId storage, Oid oid, Tid tid) {
    return readOrNull(() -> keyspace(storage).revisionsOf(oid).get(tid));
  }

  @Override
  public @Nullable StoredRevision newestBefore(StorageId storage, Oid oid, Tid before) {
    return readOrNull(() -> withData(storage, unreadBefore(storage, oid, before)));
  }

  @Override
  public @Nullable StoredRevision at(StorageId storage, Oid oid, Tid tid) {
    return readOrNull(() -> withData(storage, unreadAt(storage, oid, tid)));
  }

  /** Under the lock, so it is there. */
  private @Nullable StoredRevision withData(StorageId storage, @Nullable StoredRevision revision) {
    if (revision == null) {
      return null;
    }
    StoredRevision read = revision.read(storage, blobs::chunk);
    checkInvariant(
        read != null, "oid %s: its data is not in %s", revision.oid(), revision.staged());
    return read;
  }

  @Override
  public @Nullable Tid nextTid(StorageId storage, Oid oid, Tid tid) {
    return readOrNull(() -> keyspace(storage).revisionsOf(oid).higherKey(tid));
  }

  @Override
  public List<StoredRevision> history(StorageId storage, Oid oid, Tid before, int limit) {
    return read(
        () -> {
          List<StoredRevision> history = new ArrayList<>();
          for (StoredRevision each :
              Keyspace.first(
                  keyspace(storage)
                      .revisionsOf(oid)
                      .headMap(before, false)
                      .descendingMap()
                      .values(),
                  limit)) {
            history.add(requireNonNull(withData(storage, each)));
          }
          return history;
        });
  }

  @Override
  public List<Oid> oids(StorageId storage, Oid from, int limit) {
    return readFirst(() -> keyspace(storage).revisions.tailMap(from, true).keySet(), limit);
  }

  @Override
  public List<RevisionHead> heads(
      StorageId storage, Oid from, Tid before, int limit, long bytesMax) {
    return read(() -> keyspace(storage).heads(from, before, limit, bytesMax));
  }

  @Override
  public @Nullable BlobState blob(BlobKey key) {
    return readOrNull(() -> blobs.states.get(key));
  }

  @Override
  public @Nullable Bytes blobChunk(BlobKey key, int chunk) {
    return readOrNull(() -> blobs.chunk(key, chunk));
  }

  @Override
  public List<BlobState> stagedBlobs() {
    return readFirst(() -> blobs.states(null, true), Integer.MAX_VALUE);
  }

  @Override
  public List<BlobState> blobs(@Nullable BlobKey after, int limit) {
    return readFirst(() -> blobs.states(after, false), limit);
  }

  @Override
  public @Nullable PackState pack(StorageId storage) {
    return readOrNull(() -> keyspace(storage).pack);
  }

  @Override
  public @Nullable TransactionRecord transaction(StorageId storage, Tid tid) {
    return readOrNull(() -> keyspace(storage).transactions.get(tid));
  }

  @Override
  public List<TransactionRecord> transactions(StorageId storage, Tid after, Tid upTo, int limit) {
    if (after.compareTo(upTo) >= 0) {
      return List.of();
    }
    return readFirst(
        () -> keyspace(storage).transactions.subMap(after, false, upTo, true).values(), limit);
  }

  @Override
  public List<TransactionRecord> transactionsBackwards(StorageId storage, Tid before, int limit) {
    return readFirst(
        () -> keyspace(storage).transactions.headMap(before, false).descendingMap().values(),
        limit);
  }

  @Override
  public @Nullable TransactionOutcome outcome(TransactionId id) {
    return readOrNull(
        () -> {
          ExpiringOutcome remembered = outcomes.get(id);
          return remembered == null ? null : remembered.outcome();
        });
  }

  @Override
  public List<ExpiringOutcome> expiredOutcomes(long timeMillis, int limit) {
    return read(
        () -> {
          List<ExpiringOutcome> expired = new ArrayList<>();
          for (ExpiringOutcome outcome : outcomesByExpiry) {
            if (outcome.expiresMillis() > timeMillis || expired.size() >= limit) {
              break;
            }
            expired.add(outcome);
          }
          return expired;
        });
  }

  @Override
  public List<ExpiringOutcome> outcomes(@Nullable TransactionId after, int limit) {
    return readFirst(
        () -> after == null ? outcomes.values() : outcomes.tailMap(after, false).values(), limit);
  }

  @Override
  public @Nullable StorageState storage(StorageId storage) {
    return readOrNull(() -> keyspace(storage).state);
  }

  @Override
  public List<StorageState> storages() {
    return read(
        () -> {
          List<StorageState> states = new ArrayList<>(keyspaces.size());
          for (Keyspace keyspace : keyspaces.values()) {
            if (keyspace.state != null) {
              states.add(keyspace.state);
            }
          }
          return states;
        });
  }

  @Override
  public GroupCatalog catalog() {
    return read(() -> catalog);
  }

  @Override
  public AccessList access() {
    return read(() -> access);
  }

  @Override
  public GroupState group() {
    return read(() -> group);
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private Keyspace keyspace(StorageId storage) {
    return keyspaces.getOrDefault(storage, EMPTY);
  }

  private <T> List<T> readFirst(Supplier<Collection<T>> ordered, int limit) {
    return read(() -> Keyspace.first(ordered.get(), limit));
  }

  private <T> T read(Supplier<T> reading) {
    lock.readLock().lock();
    try {
      requireOpen();
      return reading.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  // As read, for what may not be there: NullAway knows no type argument that is nullable.
  private <T> @Nullable T readOrNull(NullableReading<T> reading) {
    lock.readLock().lock();
    try {
      requireOpen();
      return reading.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  private interface NullableReading<T> {
    @Nullable T get();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the store is closed");
    }
  }
}
