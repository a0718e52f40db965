package io.troika.server.service.catalog;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.refusals.HistoryReplacedException;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds storages by name. What was found is looked at each time: a storage may have been renamed,
 * replaced or dropped. Safe for any thread.
 */
public final class StorageNames implements StateEvents.Listener {
  private final ReplicatedLog log;
  private final RevisionReader reader;
  private final Map<String, StorageId> known = new ConcurrentHashMap<>();

  public StorageNames(ReplicatedLog log, RevisionReader reader) {
    this.log = log;
    this.reader = reader;
  }

  /**
   * The storage of that name as it is now.
   *
   * @throws RequestRefusedException UNKNOWN_STORAGE, said by a leader
   * @throws LaggingException if there is none here, but this node does not lead and may not have
   *     applied its creation yet; or the cluster is new, and its leader about to make {@code main}
   */
  public StorageState find(String name) {
    StorageId id = known.get(name);
    StorageState state = id == null ? null : reader.storage(id);
    if (state == null || !state.name().equals(name)) {
      state = search(name);
    }
    if (state != null) {
      return state;
    }
    Leadership leadership = log.leadership();
    if (!leadership.self()) {
      throw new LaggingException(
          "storage '%s' is not known on this node, which does not lead".formatted(name));
    }
    if (isNew(leadership.group())) {
      throw new LaggingException(
          "storage '%s' does not exist yet: this cluster is new, and has none".formatted(name));
    }
    throw new RequestRefusedException(
        Reason.UNKNOWN_STORAGE, "storage '%s' does not exist".formatted(name));
  }

  /**
   * The same, if it is of the history that is expected.
   *
   * @throws HistoryReplacedException said by a leader, if it is of another one
   * @throws LaggingException if this node may merely be behind
   */
  public StorageState find(String name, ExpectedHistory expected) {
    StorageState state = find(name);
    if (expected.isOf(state)) {
      return state;
    }
    String found =
        "storage '%s': %s is asked for, it is %s epoch %s"
            .formatted(name, expected, state.uuid(), state.epoch());
    if (expected.isAheadOf(state) || !log.leadership().self()) {
      throw new LaggingException(found + " on this node");
    }
    throw new HistoryReplacedException(found);
  }

  private boolean isNew(String group) {
    return group.equals(GroupInfo.MAIN) && reader.group().hasNoStorageYet();
  }

  private @Nullable StorageState search(String name) {
    for (StorageState state : reader.storages()) {
      if (state.name().equals(name)) {
        known.put(name, state.id());
        return state;
      }
    }
    return null;
  }

  @Override
  public void committed(StorageId storage, List<TransactionRecord> transactions) {
    // Says nothing about names.
  }

  @Override
  public void dropped(StorageId storage) {
    known.values().removeIf(storage::equals);
  }

  /** How many names are remembered. */
  int knownCount() {
    return known.size();
  }

  /** A recovered state might have given the ids anew. */
  @Override
  public void replaced() {
    known.clear();
  }
}
