package io.troika.server.core;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.transaction.TransactionPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commits one transaction over several storages. Each share is planned by the rules of a
 * transaction of its storage alone; since no storage sees another, the plans do not depend on each
 * other. Only when all are complete is any of them taken up.
 *
 * <p>What is refused is told of all storages at once, so that a client can resolve in one go; a
 * mistake outweighs a conflict, a conflict an undo conflict, as within one storage.
 */
final class JointCommit {
  private final PendingChanges changes;
  private final StagingCommands staging;
  private final List<ObjectConflict> conflicts = new ArrayList<>(0);
  private final List<UndoObstacle> obstacles = new ArrayList<>(0);
  private @Nullable Rejected rejected;

  JointCommit(PendingChanges changes, StagingCommands staging) {
    this.changes = changes;
    this.staging = staging;
  }

  private record Planned(CommitTransaction share, TransactionPlan plan) {}

  TransactionOutcome commit(CommitTogether command) {
    List<CommitTransaction> shares = command.commits();
    Tid tid = command.candidate();
    for (CommitTransaction share : shares) {
      PendingStorage storage = changes.storage(share.storage());
      if (storage == null) {
        return Rejected.unknown(share.storage());
      }
      tid = Tid.max(tid, storage.lastTid().next());
    }
    if (tid.equals(Tid.MAX)) {
      return TransactionCommands.noTidLeft();
    }
    List<Planned> planned = new ArrayList<>(shares.size());
    for (CommitTransaction share : shares) {
      PendingStorage storage = requireNonNull(changes.storage(share.storage())); // as was seen
      TransactionPlan plan = new TransactionPlan(tid);
      note(share.storage(), TransactionCommands.plan(storage, staging, share, plan));
      planned.add(new Planned(share, plan));
    }
    TransactionOutcome refusal = refusal();
    if (refusal != null) {
      return refusal;
    }
    for (Planned each : planned) {
      if (!each.share().onlyChecks()) {
        changes.commit(
            each.share().storage(),
            each.plan(),
            TransactionCommands.record(each.share(), each.plan()));
      }
    }
    return new Committed(tid);
  }

  private void note(StorageId storage, @Nullable TransactionOutcome refusal) {
    if (refusal instanceof Rejected mistake && rejected == null) {
      rejected = new Rejected(mistake.reason(), storage + ": " + mistake.message());
    } else if (refusal instanceof Conflict conflict) {
      conflict.conflicts().forEach(each -> conflicts.add(each.in(storage)));
    } else if (refusal instanceof UndoConflict conflict) {
      conflict.obstacles().forEach(each -> obstacles.add(each.in(storage)));
    }
  }

  private @Nullable TransactionOutcome refusal() {
    if (rejected != null) {
      return rejected;
    }
    if (!conflicts.isEmpty()) {
      return new Conflict(conflicts);
    }
    return obstacles.isEmpty() ? null : new UndoConflict(obstacles);
  }
}
