package io.troika.server.core.simulation;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The core once more, written from its documentation with no thought of speed: lists that are
 * scanned, contents that are compared. Applies commands at once, without change sets or overlays.
 */
final class NaiveGroup {
  final List<NaiveStorage> storages = new ArrayList<>();
  final Map<TransactionId, Remembered> outcomes = new LinkedHashMap<>();
  private long logTimeMillis;

  record Remembered(TransactionOutcome outcome, long expiresMillis) {}

  List<Outcome> apply(LogEntry entry) {
    logTimeMillis = Math.max(logTimeMillis, entry.timeMillis());
    long expires = logTimeMillis + entry.outcomeRetentionMillis();
    List<Outcome> answers = new ArrayList<>();
    for (Command command : entry.commands()) {
      answers.add(apply(command, expires));
    }
    outcomes.values().removeIf(each -> each.expiresMillis() <= logTimeMillis);
    return answers;
  }

  private Outcome apply(Command command, long expires) {
    if (command instanceof CommitTransaction commit) {
      return once(commit.id(), expires, () -> commit(commit));
    }
    if (command instanceof CommitTogether together) {
      return once(together.id(), expires, () -> commit(together));
    }
    if (command instanceof RestoreTransactions restore) {
      return once(restore.id(), expires, () -> restore(restore));
    }
    if (command instanceof AbandonTransaction abandon) {
      return once(abandon.id(), expires, Abandoned::new);
    }
    if (command instanceof AllocateOids allocate) {
      return has(allocate.storage())
          ? storage(allocate.storage()).allocate(allocate.count())
          : rejected(Rejected.Reason.UNKNOWN_STORAGE);
    }
    if (command instanceof CreateStorage create) {
      return create(create);
    }
    return new Done();
  }

  private Outcome once(TransactionId id, long expires, Supplier<TransactionOutcome> firstOutcome) {
    if (!outcomes.containsKey(id)) {
      outcomes.put(id, new Remembered(firstOutcome.get(), expires));
    }
    return outcomes.get(id).outcome();
  }

  private TransactionOutcome commit(CommitTransaction commit) {
    return has(commit.storage())
        ? storage(commit.storage()).commit(commit)
        : rejected(Rejected.Reason.UNKNOWN_STORAGE);
  }

  /** Tries each share on a copy of its storage; all commit at the same tid, or none. */
  private TransactionOutcome commit(CommitTogether command) {
    long tid = command.candidate().value();
    for (Share share : command.shares()) {
      if (!has(share.storage())) {
        return rejected(Rejected.Reason.UNKNOWN_STORAGE);
      }
      tid = Math.max(tid, storage(share.storage()).lastTid() + 1);
    }
    List<TransactionOutcome> outcomes = new ArrayList<>();
    List<NaiveStorage> after = new ArrayList<>();
    for (Share share : command.shares()) {
      NaiveStorage trial = storage(share.storage()).copy();
      outcomes.add(
          trial.commit(
              new CommitTransaction(
                  command.id(),
                  share.storage(),
                  new Tid(tid),
                  command.metadata(),
                  share.reads(),
                  share.writes(),
                  share.deletes(),
                  share.undos())));
      boolean changes =
          !share.writes().isEmpty() || !share.deletes().isEmpty() || !share.undos().isEmpty();
      after.add(changes ? trial : storage(share.storage()));
    }
    TransactionOutcome refusal = firstRefusal(command, outcomes);
    if (refusal != null) {
      return refusal;
    }
    after.forEach(each -> storages.set(each.id.value() - 1, each));
    return new Committed(new Tid(tid));
  }

  private static @Nullable TransactionOutcome firstRefusal(
      CommitTogether command, List<TransactionOutcome> outcomes) {
    List<ObjectConflict> conflicts = new ArrayList<>();
    List<UndoObstacle> obstacles = new ArrayList<>();
    for (int i = 0; i < outcomes.size(); i++) {
      StorageId storage = command.shares().get(i).storage();
      if (outcomes.get(i) instanceof Rejected rejected) {
        return rejected;
      } else if (outcomes.get(i) instanceof Conflict conflict) {
        conflict.conflicts().forEach(each -> conflicts.add(each.in(storage)));
      } else if (outcomes.get(i) instanceof UndoConflict conflict) {
        conflict.obstacles().forEach(each -> obstacles.add(each.in(storage)));
      }
    }
    if (!conflicts.isEmpty()) {
      return new Conflict(conflicts);
    }
    return obstacles.isEmpty() ? null : new UndoConflict(obstacles);
  }

  private TransactionOutcome restore(RestoreTransactions restore) {
    return has(restore.storage())
        ? storage(restore.storage()).restore(restore)
        : rejected(Rejected.Reason.UNKNOWN_STORAGE);
  }

  private Outcome create(CreateStorage create) {
    for (NaiveStorage storage : storages) {
      if (storage.name.equals(create.name())) {
        return new StorageCreated(storage.state(), false);
      }
    }
    NaiveStorage storage =
        new NaiveStorage(new StorageId(storages.size() + 1), create.name(), create.uuid());
    storages.add(storage);
    return new StorageCreated(storage.state(), true);
  }

  private boolean has(StorageId id) {
    return id.value() <= storages.size();
  }

  private NaiveStorage storage(StorageId id) {
    return storages.get(id.value() - 1);
  }

  /** Messages are for people; the model has none. */
  static Rejected rejected(Rejected.Reason reason) {
    return new Rejected(reason, "");
  }
}
