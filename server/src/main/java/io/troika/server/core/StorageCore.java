package io.troika.server.core;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import java.util.List;

/** Applies log entries to the state of one Raft group: the only way in which that state changes. */
public final class StorageCore {
  private final RevisionStore store;
  private final CommitListener listener;

  public StorageCore(RevisionStore store, CommitListener listener) {
    this.store = store;
    this.listener = listener;
  }

  /** The last log entry whose effects are in the store. */
  public LogPosition applied() {
    return store.group().applied();
  }

  /**
   * Applies one entry.
   *
   * @param position after {@link #applied}, else an invariant is broken
   * @return one outcome a command, in order
   */
  public List<Outcome> apply(LogPosition position, LogEntry entry) {
    advance(position);
    checkInvariant(listener != null, "a listener is needed");
    throw new UnsupportedOperationException("commands land next: " + entry.commands().size());
  }

  /** Notes a log entry that has no commands. */
  public void advance(LogPosition position) {
    GroupState group = store.group();
    store.write(
        new ChangeSet(
            new GroupState(position, group.nextStorageId(), group.logTimeMillis()),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of()));
  }
}
