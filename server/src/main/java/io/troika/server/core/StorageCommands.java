package io.troika.server.core;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.command.StorageChange.SetQuota;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.transaction.TransactionPlan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Applies commands about whole storages that exist. See DESIGN.md, Replacing a storage. */
final class StorageCommands {
  private StorageCommands() {}

  static TransactionOutcome apply(ReplaceStorage command, PendingChanges changes) {
    PendingStorage old = changes.storage(command.storage());
    PendingStorage by = changes.storage(command.by());
    if (old == null || by == null) {
      return Rejected.unknown(old == null ? command.storage() : command.by());
    }
    Rejected refusal = refusal(command, old.state(), by.state());
    if (refusal != null) {
      return refusal;
    }
    Tid first = Tid.max(command.candidate(), Tid.max(old.lastTid(), by.lastTid()).next());
    if (first.equals(Tid.MAX)) {
      return invalid("there is no tid after " + Tid.max(old.lastTid(), by.lastTid()));
    }
    TransactionRecord marker =
        new TransactionRecord(
            first, TransactionRecord.NORMAL, command.metadata(), List.of(), 0, command.id());
    changes.commit(command.by(), new TransactionPlan(first), marker);
    if (command.horizon().compareTo(by.packTid()) > 0) {
      by.raisePackTid(command.horizon());
    }
    by.become(by.state().inPlaceOf(old.state(), first));
    changes.drop(command.storage());
    return new Committed(first);
  }

  private static @Nullable Rejected refusal(
      ReplaceStorage command, StorageState old, StorageState by) {
    if (command.storage().equals(command.by())) {
      return invalid(old.name() + ": a storage cannot take its own place");
    }
    if (old.epoch() != command.epoch()) {
      return invalid(
          "storage %s: expected epoch %s, it is in %s"
              .formatted(old.name(), command.epoch(), old.epoch()));
    }
    if (old.lastTid().compareTo(command.newestMax()) > 0) {
      return invalid(
          command.newestMax().isNone()
              ? "storage %s: it is not empty, and may only be replaced on purpose"
                  .formatted(old.name())
              : "storage %s: expected nothing newer than %s, found %s"
                  .formatted(old.name(), command.newestMax(), old.lastTid()));
    }
    if (!by.lastTid().equals(command.byLastTid())) {
      return invalid(
          "storage %s: expected %s as its last transaction, found %s; others wrote to it"
              .formatted(by.name(), command.byLastTid(), by.lastTid()));
    }
    return command.horizon().compareTo(by.lastTid()) > 0
        ? invalid(
            "storage %s: a horizon of %s, its last transaction is %s"
                .formatted(by.name(), command.horizon(), by.lastTid()))
        : null;
  }

  static Outcome apply(DropStorage command, PendingChanges changes) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    StorageState state = storage.state();
    if (state.epoch() != command.epoch()) {
      return invalid(
          "storage %s: expected epoch %s, it is in %s"
              .formatted(state.name(), command.epoch(), state.epoch()));
    }
    changes.drop(command.storage());
    return new Done();
  }

  static Outcome apply(RenameStorage command, PendingChanges changes) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    PendingStorage named = changes.storageNamed(command.name());
    if (named != null && named != storage) {
      return invalid("storage '%s' is there already".formatted(command.name()));
    }
    Rejected elsewhere = requireHere(command.name(), changes);
    if (elsewhere != null) {
      return elsewhere;
    }
    storage.become(storage.state().named(command.name()));
    return new StorageCreated(storage.state(), false);
  }

  /** Why a storage can't have this name in this group, or null. */
  static @Nullable Rejected requireHere(String name, PendingChanges changes) {
    if (changes.catalog().sealed()) {
      return invalid("storage '%s': the group is being dropped".formatted(name));
    }
    String group = changes.catalog().groupOf(name);
    return group.equals(GroupInfo.MAIN)
        ? null
        : invalid("storage '%s' is in group %s".formatted(name, group));
  }

  static Outcome apply(SetQuota command, PendingChanges changes) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    storage.become(storage.state().withQuota(command.quotaBytes()));
    return new StorageCreated(storage.state(), false);
  }

  private static Rejected invalid(String message) {
    return new Rejected(Reason.INVALID_TRANSACTION, message);
  }
}
