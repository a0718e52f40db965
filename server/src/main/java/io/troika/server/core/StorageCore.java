package io.troika.server.core;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.command.StorageChange.SetQuota;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.ReferenceFinder;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies log entries to the state of one Raft group: the only way in which that state changes.
 *
 * <p>The result is a function of the store's state and the entry alone, so replicas that apply the
 * same log are equal at each index. What holds after each entry:
 *
 * <ul>
 *   <li>the applied index is that of the entry; log time never went back;
 *   <li>tids of a storage increase strictly in log order, and stay below {@code Tid.MAX};
 *   <li>a storage's next oid is above every oid handed out or stored (but for {@code Oid.MAX},
 *       which is never handed out);
 *   <li>a transaction id has one outcome until its retention is over: log time of the entry plus
 *       the retention that the entry carries;
 *   <li>a shared revision points at one that has data.
 * </ul>
 *
 * <p>Used by one thread, the one that applies the log. Nothing is durable on return, see {@link
 * RevisionStore}.
 */
public final class StorageCore {
  /** An entry forgets at least this many outcomes whose time is up, if there are so many. */
  static final int OUTCOMES_FORGOTTEN_MIN = 256;

  /** And so many for each of its commands: faster than outcomes can be added. */
  static final int OUTCOMES_FORGOTTEN_PER_COMMAND = 2;

  /** An entry drops at most so many staged blobs whose time is up. */
  static final int STAGED_EXPIRED_MAX = 8;

  private final RevisionStore store;
  private final CommitListener listener;
  private final ReferenceFinder finder;

  /**
   * Continues from the state of the store.
   *
   * @param listener hears of storages and transactions once they are visible
   * @param finder the same for all replicas
   */
  public StorageCore(RevisionStore store, CommitListener listener, ReferenceFinder finder) {
    this.store = store;
    this.listener = listener;
    this.finder = finder;
  }

  /** As the other, of a store whose records are not looked into. */
  public StorageCore(RevisionStore store, CommitListener listener) {
    this(store, listener, ReferenceFinder.NONE);
  }

  /** The last log entry whose effects are in the store. */
  public LogPosition applied() {
    return store.group().applied();
  }

  /**
   * Applies the commands of one entry; on return all their effects are visible, and announced.
   *
   * @param position after {@link #applied}: whoever replays skips what is applied
   * @return one outcome a command, in order
   * @throws InvariantViolation if the position is not after the applied one, or the state is broken
   */
  public List<Outcome> apply(LogPosition position, LogEntry entry) {
    GroupState group = store.group();
    requireForward(group.applied(), position);
    long logTimeMillis = Math.max(group.logTimeMillis(), entry.timeMillis());
    PendingChanges changes =
        new PendingChanges(
            store,
            position,
            logTimeMillis,
            saturatedSum(logTimeMillis, entry.outcomeRetentionMillis()));
    StagingCommands staging = new StagingCommands(changes, logTimeMillis);
    TransactionCommands transactions = new TransactionCommands(changes, staging);
    PackCommands packs = new PackCommands(changes, store, finder);
    List<Outcome> outcomes = new ArrayList<>(entry.commands().size());
    for (Command command : entry.commands()) {
      outcomes.add(apply(command, changes, transactions, packs, staging));
    }
    store.write(
        changes.changeSet(
            Math.max(
                OUTCOMES_FORGOTTEN_MIN, OUTCOMES_FORGOTTEN_PER_COMMAND * entry.commands().size()),
            STAGED_EXPIRED_MAX));
    changes.announce(listener);
    return outcomes;
  }

  /**
   * Notes a log entry without commands.
   *
   * @throws InvariantViolation if the position is not after the applied one
   */
  public void advance(LogPosition position) {
    GroupState group = store.group();
    requireForward(group.applied(), position);
    store.write(
        new ChangeSet(
            new GroupState(position, group.nextStorageId(), group.logTimeMillis()),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of()));
  }

  private static Outcome apply(
      Command command,
      PendingChanges changes,
      TransactionCommands transactions,
      PackCommands packs,
      StagingCommands staging) {
    if (command instanceof CommitTransaction commit) {
      return transactions.apply(commit);
    }
    if (command instanceof CommitTogether together) {
      return transactions.apply(together);
    }
    if (command instanceof RestoreTransactions restore) {
      return transactions.apply(restore);
    }
    if (command instanceof AbandonTransaction abandon) {
      return transactions.apply(abandon);
    }
    if (command instanceof AllocateOids allocate) {
      return allocate(allocate, changes);
    }
    if (command instanceof CreateStorage create) {
      return create(create, changes);
    }
    if (command instanceof ReplaceStorage replace) {
      return transactions.once(replace.id(), () -> StorageCommands.apply(replace, changes));
    }
    if (command instanceof DropStorage drop) {
      return StorageCommands.apply(drop, changes);
    }
    if (command instanceof RenameStorage rename) {
      return StorageCommands.apply(rename, changes);
    }
    if (command instanceof SetQuota quota) {
      return StorageCommands.apply(quota, changes);
    }
    if (command instanceof StageChunk stage) {
      return staging.apply(stage);
    }
    if (command instanceof StartPack start) {
      return packs.apply(start);
    }
    if (command instanceof PackStep step) {
      return packs.apply(step);
    }
    if (command instanceof RemoveGarbage remove) {
      return packs.apply(remove);
    }
    if (command instanceof EndGarbage end) {
      return packs.apply(end);
    }
    if (command instanceof ChangeAccess access) {
      return AccessCommands.apply(access, changes);
    }
    if (command instanceof GroupChange change) {
      return GroupCommands.apply(change, changes);
    }
    checkInvariant(command instanceof NoOperation, "unknown command %s", command.getClass());
    return new Done();
  }

  private static Outcome allocate(AllocateOids command, PendingChanges changes) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    Oid next = storage.state().nextOid();
    long left = Oid.MAX.value() - next.value(); // unsigned
    if (Long.compareUnsigned(left, command.count()) < 0) {
      return new Rejected(
          Reason.OIDS_EXHAUSTED,
          "oids from " + next + " on: " + command.count() + " asked for, fewer are left");
    }
    return new OidsAllocated(storage.allocate(command.count()), command.count());
  }

  private static Outcome create(CreateStorage command, PendingChanges changes) {
    Rejected elsewhere = StorageCommands.requireHere(command.name(), changes);
    if (elsewhere != null) {
      return elsewhere;
    }
    PendingStorage existing = changes.storageNamed(command.name());
    return existing == null
        ? new StorageCreated(changes.createStorage(command.name(), command.uuid()), true)
        : new StorageCreated(existing.state(), false);
  }

  private static void requireForward(LogPosition applied, LogPosition position) {
    checkInvariant(
        position.index() > applied.index() && position.term() >= applied.term(),
        "log entry %s does not come after %s, which is applied",
        position,
        applied);
  }

  static long saturatedSum(long left, long right) {
    return left > Long.MAX_VALUE - right ? Long.MAX_VALUE : left + right;
  }
}
