package io.troika.server.storage.rocksdb;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks, before anything is written, that a change set only goes forward: the applied index, the
 * newest tid of each object and storage, the state of each storage.
 *
 * <p>Tids increase within a storage, so a revision that is newer than all that its storage holds is
 * newer than its own object's, and the object need not be looked up. Used by the writer alone.
 */
final class ForwardCheck {
  private final RevisionQueries queries;
  private final Map<StorageId, Newest> newest = new HashMap<>();

  ForwardCheck(RevisionQueries queries) {
    this.queries = queries;
  }

  void check(ChangeSet changes, PublishedState published) {
    checkGroup(published.group(), changes.group());
    changes.storages().forEach(state -> checkStorage(published.storage(state.id()), state));
    Map<ObjectKey, Tid> seen = new HashMap<>();
    for (NewRevision added : changes.revisions()) {
      StoredRevision revision = added.revision();
      ObjectKey key = new ObjectKey(added.storage(), revision.oid());
      Tid ofObject = seen.put(key, revision.tid());
      if (ofObject == null) {
        ofObject = newestThatMatters(key, revision.tid(), published);
      }
      checkInvariant(
          ofObject == null || revision.tid().compareTo(ofObject) > 0,
          "%s, oid %s: revision at %s is not newer than %s",
          key.storage(),
          key.oid(),
          revision.tid(),
          ofObject);
    }
    Map<StorageId, Tid> last = new HashMap<>();
    for (NewTransaction added : changes.transactions()) {
      Tid tid = added.transaction().tid();
      Tid before = last.put(added.storage(), tid);
      if (before == null) {
        before = newestOf(added.storage()).transaction;
      }
      checkInvariant(
          tid.compareTo(before) > 0,
          "%s: transaction %s is not newer than %s",
          added.storage(),
          tid,
          before);
    }
    for (ExpiringOutcome remembered : changes.outcomes()) {
      checkInvariant(
          remembered.expiresMillis() >= 0,
          "outcome of %s expires at %s ms, before 1970",
          remembered.id(),
          remembered.expiresMillis());
    }
  }

  /** Takes note of what is now in the store. */
  void written(ChangeSet changes) {
    changes.dropped().forEach(newest::remove);
    for (NewRevision added : changes.revisions()) {
      newestOf(added.storage()).raise(added.revision().tid());
    }
    for (NewTransaction added : changes.transactions()) {
      Newest ofStorage = newestOf(added.storage());
      ofStorage.transaction = added.transaction().tid();
      ofStorage.raise(added.transaction().tid());
    }
  }

  private static void checkGroup(GroupState now, GroupState next) {
    checkInvariant(
        next.applied().index() > now.applied().index(),
        "applied index %s: expected more than %s",
        next.applied().index(),
        now.applied().index());
    checkInvariant(
        next.nextStorageId() >= now.nextStorageId(),
        "next storage id %s: expected %s or more",
        next.nextStorageId(),
        now.nextStorageId());
  }

  private static void checkStorage(@Nullable StorageState now, StorageState next) {
    checkInvariant(
        now == null
            || (next.lastTid().compareTo(now.lastTid()) >= 0
                && next.nextOid().compareTo(now.nextOid()) >= 0
                && next.packTid().compareTo(now.packTid()) >= 0
                // One that takes the place of another goes on counting with that one's.
                && (next.epoch() >= now.epoch() || !next.uuid().equals(now.uuid()))),
        "%s would go back from %s to %s",
        next.id(),
        now,
        next);
  }

  /** The object's newest tid, or null when {@code tid} is newer than all of its storage. */
  private @Nullable Tid newestThatMatters(ObjectKey key, Tid tid, PublishedState published) {
    StorageState state = published.storage(key.storage());
    boolean newerThanAll =
        state != null
            && tid.compareTo(state.lastTid()) > 0
            && tid.compareTo(newestOf(key.storage()).revisionOrTransaction) > 0;
    if (newerThanAll) {
      return null;
    }
    List<StoredRevision> newestRevision = queries.history(key.storage(), key.oid(), Tid.MAX, 1);
    return newestRevision.isEmpty() ? null : newestRevision.get(0).tid();
  }

  private Newest newestOf(StorageId storage) {
    return newest.computeIfAbsent(
        storage,
        id -> {
          List<TransactionRecord> last = queries.transactionsBackwards(id, Tid.MAX, 1);
          return new Newest(last.isEmpty() ? Tid.NONE : last.get(0).tid());
        });
  }

  private record ObjectKey(StorageId storage, Oid oid) {}

  private static final class Newest {
    Tid transaction;
    Tid revisionOrTransaction;

    Newest(Tid transaction) {
      this.transaction = transaction;
      this.revisionOrTransaction = transaction;
    }

    void raise(Tid tid) {
      if (tid.compareTo(revisionOrTransaction) > 0) {
        revisionOrTransaction = tid;
      }
    }
  }
}
