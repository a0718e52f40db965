package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The states of the group and of its storages, and who may do what, after one change set: small,
 * asked for all the time, so kept in memory beside the database. Immutable.
 *
 * @param storages by ascending id
 * @param access who may do what
 * @param catalog which groups there are
 */
record PublishedState(
    GroupState group, List<StorageState> storages, AccessList access, GroupCatalog catalog) {
  PublishedState {
    storages = List.copyOf(storages);
  }

  @Nullable StorageState storage(StorageId id) {
    int at = indexOf(storages, id);
    return at < 0 ? null : storages.get(at);
  }

  PublishedState after(ChangeSet changes) {
    AccessList newAccess = changes.access() == null ? access : changes.access();
    GroupCatalog newCatalog = changes.catalog() == null ? catalog : changes.catalog();
    if (changes.storages().isEmpty() && changes.dropped().isEmpty()) {
      return new PublishedState(changes.group(), storages, newAccess, newCatalog);
    }
    List<StorageState> changed = new ArrayList<>(storages);
    for (StorageState state : changes.storages()) {
      int at = indexOf(changed, state.id());
      if (at >= 0) {
        changed.set(at, state);
      } else {
        changed.add(-at - 1, state);
      }
    }
    changed.removeIf(state -> changes.dropped().contains(state.id()));
    return new PublishedState(changes.group(), changed, newAccess, newCatalog);
  }

  /** Where it is, or {@code -(where it would go) - 1}. */
  private static int indexOf(List<StorageState> sorted, StorageId id) {
    int low = 0;
    int high = sorted.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = sorted.get(middle).id().compareTo(id);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }
}
