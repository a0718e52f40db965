package io.troika.server.storage.memory;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks, before anything is changed, that a change set only goes forward: the applied index, the
 * newest tid of each object and of each storage, the state of each storage.
 */
final class ChangeSetValidation {
  private final GroupState group;
  private final Map<StorageId, Keyspace> keyspaces;
  // Only looked up, never iterated, so their order cannot matter.
  private final Map<ObjectKey, Tid> newestOfObject = new HashMap<>();
  private final Map<StorageId, Tid> newestOfStorage = new HashMap<>();

  ChangeSetValidation(GroupState group, Map<StorageId, Keyspace> keyspaces) {
    this.group = group;
    this.keyspaces = keyspaces;
  }

  void validate(ChangeSet changes) {
    checkInvariant(
        changes.group().applied().index() > group.applied().index(),
        "applied index %s: expected more than %s",
        changes.group().applied().index(),
        group.applied().index());
    checkInvariant(
        changes.group().nextStorageId() >= group.nextStorageId(),
        "next storage id %s: expected %s or more",
        changes.group().nextStorageId(),
        group.nextStorageId());
    changes.revisions().forEach(this::validate);
    changes.transactions().forEach(this::validate);
    changes.storages().forEach(this::validate);
  }

  private void validate(ChangeSet.NewRevision added) {
    Oid oid = added.revision().oid();
    Tid tid = added.revision().tid();
    ObjectKey key = new ObjectKey(added.storage(), oid);
    Tid newest = newestOfObject.get(key);
    Keyspace keyspace = keyspaces.get(added.storage());
    if (newest == null && keyspace != null) {
      newest = keyspace.newestTid(oid);
    }
    checkInvariant(
        newest == null || tid.compareTo(newest) > 0,
        "%s, oid %s: revision at %s is not newer than %s",
        added.storage(),
        oid,
        tid,
        newest);
    newestOfObject.put(key, tid);
  }

  private void validate(ChangeSet.NewTransaction added) {
    Tid tid = added.transaction().tid();
    Tid newest = newestOfStorage.get(added.storage());
    Keyspace keyspace = keyspaces.get(added.storage());
    if (newest == null && keyspace != null && !keyspace.transactions.isEmpty()) {
      newest = keyspace.transactions.lastKey();
    }
    checkInvariant(
        newest == null || tid.compareTo(newest) > 0,
        "%s: transaction %s is not newer than %s",
        added.storage(),
        tid,
        newest);
    newestOfStorage.put(added.storage(), tid);
  }

  private void validate(StorageState state) {
    Keyspace keyspace = keyspaces.get(state.id());
    @Nullable StorageState known = keyspace == null ? null : keyspace.state;
    checkInvariant(
        known == null
            || (state.lastTid().compareTo(known.lastTid()) >= 0
                && state.nextOid().compareTo(known.nextOid()) >= 0
                && state.packTid().compareTo(known.packTid()) >= 0
                // One that takes the place of another goes on counting with that one's.
                && (state.epoch() >= known.epoch() || !state.uuid().equals(known.uuid()))),
        "%s would go back from %s to %s",
        state.id(),
        known,
        state);
  }

  private record ObjectKey(StorageId storage, Oid oid) {}
}
