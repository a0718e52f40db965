package io.troika.server.core;

import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.transaction.CommitPlanner;
import io.troika.server.core.transaction.RestorePlanner;
import io.troika.server.core.transaction.TransactionPlan;
import io.troika.server.core.undo.UndoPlanner;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Applies the commands that give a transaction its outcome. A transaction has one outcome: whatever
 * comes under an id that has one is answered with it and changes nothing.
 */
final class TransactionCommands {
  private final PendingChanges changes;
  private final StagingCommands staging;

  TransactionCommands(PendingChanges changes, StagingCommands staging) {
    this.changes = changes;
    this.staging = staging;
  }

  TransactionOutcome apply(CommitTransaction command) {
    return once(command.id(), () -> commit(command));
  }

  TransactionOutcome apply(CommitTogether command) {
    return once(command.id(), () -> new JointCommit(changes, staging).commit(command));
  }

  TransactionOutcome apply(RestoreTransactions command) {
    return once(command.id(), () -> restore(command));
  }

  TransactionOutcome apply(AbandonTransaction command) {
    return once(command.id(), Abandoned::new);
  }

  /** The recorded outcome of the transaction, or that of {@code first}, which is recorded. */
  TransactionOutcome once(TransactionId id, Supplier<TransactionOutcome> first) {
    TransactionOutcome remembered = changes.outcome(id);
    if (remembered != null) {
      return remembered;
    }
    TransactionOutcome outcome = first.get();
    changes.remember(id, outcome);
    changes.blobs().forget(id);
    return outcome;
  }

  private TransactionOutcome commit(CommitTransaction command) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    Tid tid = Tid.max(command.candidate(), storage.lastTid().next());
    if (tid.equals(Tid.MAX)) {
      return noTidLeft();
    }
    TransactionPlan plan = new TransactionPlan(tid);
    TransactionOutcome refusal = plan(storage, staging, command, plan);
    if (refusal != null) {
      return refusal;
    }
    changes.commit(command.storage(), plan, record(command, plan));
    return new Committed(tid);
  }

  static Rejected noTidLeft() {
    return new Rejected(Reason.INVALID_TRANSACTION, "there is no tid below " + Tid.MAX + " left");
  }

  /** Why it can't be committed, or null: then the plan is whole. */
  static @Nullable TransactionOutcome plan(
      PendingStorage storage,
      StagingCommands staging,
      CommitTransaction command,
      TransactionPlan plan) {
    TransactionOutcome refusal = staging.refusal(command);
    if (refusal == null) {
      refusal = CommitPlanner.plan(storage, command, plan);
    }
    if (refusal == null && !command.undos().isEmpty()) {
      refusal = UndoPlanner.plan(storage, command.undos(), plan);
    }
    return refusal;
  }

  /** What is kept of it. */
  static TransactionRecord record(CommitTransaction command, TransactionPlan plan) {
    return record(plan, TransactionRecord.NORMAL, command.metadata(), command.id());
  }

  /** Each is planned on top of those before it, and nothing is taken up before all are planned. */
  private TransactionOutcome restore(RestoreTransactions command) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    Rejected lost = staging.refusal(command);
    if (lost != null) {
      return lost;
    }
    int count = command.transactions().size();
    PendingStorage trial = count == 1 ? storage : storage.copy();
    List<Planned> all = new ArrayList<>(count);
    for (RestoredTransaction each : command.transactions()) {
      TransactionPlan plan = new TransactionPlan(each.tid());
      Rejected refusal = RestorePlanner.plan(trial, each, plan);
      if (refusal != null) {
        return refusal;
      }
      all.add(new Planned(plan, record(plan, each.status(), each.metadata(), command.id())));
      if (all.size() < count) {
        trial.commit(plan, all.get(all.size() - 1).record());
      }
    }
    all.forEach(each -> changes.commit(command.storage(), each.plan(), each.record()));
    return new Committed(all.get(count - 1).plan().tid());
  }

  private record Planned(TransactionPlan plan, TransactionRecord record) {}

  private static TransactionRecord record(
      TransactionPlan plan, char status, TransactionMetadata metadata, TransactionId id) {
    List<Oid> oids = new ArrayList<>(plan.changes().size());
    long sizeBytes = 0;
    for (TransactionPlan.Change change : plan.changes()) {
      oids.add(change.revision().oid());
      sizeBytes += change.revision().dataBytes();
    }
    return new TransactionRecord(plan.tid(), status, metadata, oids, sizeBytes, id);
  }
}
