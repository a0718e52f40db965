package io.troika.server.core;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.GarbageStale;
import io.troika.server.core.command.Outcome.Packing;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.pack.GarbageRemoval;
import io.troika.server.core.pack.PackDraft;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.core.pack.RevisionSweep;
import io.troika.server.core.pack.TransactionSweep;
import org.jspecify.annotations.Nullable;

/**
 * Applies the commands of a pack. Those that remove look at what is stored, not at what the same
 * entry did before; so in one entry one of them takes effect for each storage, further ones answer
 * how far the pack is.
 */
final class PackCommands {
  private final PendingChanges changes;
  private final RevisionReader reader;
  private final ReferenceFinder finder;

  PackCommands(PendingChanges changes, RevisionReader reader, ReferenceFinder finder) {
    this.changes = changes;
    this.reader = reader;
    this.finder = finder;
  }

  Outcome apply(StartPack command) {
    PendingStorage storage = changes.storage(command.storage());
    if (storage == null) {
      return Rejected.unknown(command.storage());
    }
    Tid lastTid = storage.lastTid();
    PackState known = changes.pack(command.storage());
    Tid horizon = command.horizon().compareTo(lastTid) > 0 ? lastTid : command.horizon();
    // A restored storage may be packed further than any pack here went.
    boolean packedElsewhere = known == null || known.horizon().compareTo(storage.packTid()) < 0;
    if (packedElsewhere && horizon.compareTo(storage.packTid()) < 0) {
      horizon = storage.packTid();
    }
    boolean nothingToDo =
        known != null
            && (known.isRunning()
                || changes.isPacked(command.storage())
                || includes(known, horizon, command));
    if (nothingToDo) {
      return new Packing(requireNonNull(known));
    }
    if (horizon.isNone() && command.horizon().isNone()) {
      return new Rejected(
          Reason.INVALID_TRANSACTION,
          "%s: a pack up to %s; expected a later tid".formatted(command.storage(), Tid.NONE));
    }
    PackState begun =
        PackState.begun(
            command.storage(),
            command.horizon(),
            horizon.isNone() ? command.horizon() : horizon,
            command.collectGarbage());
    if (horizon.isNone()) {
      return new Packing(begun.in(Phase.DONE)); // The storage is empty.
    }
    storage.raisePackTid(horizon);
    changes.pack(begun, new PackDraft(command.storage()));
    return new Packing(begun);
  }

  private static boolean includes(PackState done, Tid horizon, StartPack command) {
    int order = horizon.compareTo(done.horizon());
    return order < 0 || (order == 0 && (done.collectGarbage() || !command.collectGarbage()));
  }

  Outcome apply(PackStep command) {
    PackState state = running(command.storage(), command.horizon());
    if (state == null) {
      return answer(command.storage());
    }
    PackDraft draft = new PackDraft(command.storage());
    int rows = command.rowsMax();
    PackState next =
        switch (state.phase()) {
          case REVISIONS -> RevisionSweep.plan(reader, state, draft, rows, command.bytesMax());
          case TRANSACTIONS ->
              TransactionSweep.plan(reader, state, draft, rows, command.bytesMax());
          case GARBAGE, DONE -> state;
        };
    return take(next, draft);
  }

  Outcome apply(RemoveGarbage command) {
    PackState state = running(command.storage(), command.horizon());
    PendingStorage storage = changes.storage(command.storage());
    if (state == null || storage == null || state.phase() != Phase.GARBAGE) {
      return answer(command.storage());
    }
    if (!GarbageRemoval.isCurrent(
        storage, finder, command.asOf(), command.objects(), storage::transactionsAfter)) {
      return new GarbageStale(storage.lastTid());
    }
    PackDraft draft = new PackDraft(command.storage());
    GarbageRemoval.plan(storage, state.horizon(), command.objects(), draft);
    storage.remove(draft.oidsRemoved());
    return take(state.at(state.oid(), state.tid(), draft.removed()), draft);
  }

  Outcome apply(EndGarbage command) {
    PackState state = running(command.storage(), command.horizon());
    if (state == null || state.phase() != Phase.GARBAGE) {
      return answer(command.storage());
    }
    PackState known = command.problem().isEmpty() ? state : state.withoutGarbage(command.problem());
    return take(known.in(Phase.TRANSACTIONS), new PackDraft(command.storage()));
  }

  private Outcome take(PackState next, PackDraft draft) {
    PendingStorage storage = changes.storage(next.storage());
    if (storage != null) {
      storage.pack(draft.objectsRemoved(), draft.dataBytesChange());
    }
    changes.pack(next, draft);
    return new Packing(next);
  }

  /** The pack to this horizon, or null: none is running, or this entry has taken a step already. */
  private @Nullable PackState running(StorageId storage, Tid horizon) {
    PackState state = changes.pack(storage);
    boolean runs =
        state != null
            && state.isRunning()
            && state.horizon().equals(horizon)
            && !changes.isPacked(storage);
    return runs ? state : null;
  }

  private Outcome answer(StorageId storage) {
    PackState state = changes.pack(storage);
    return state == null ? new Done() : new Packing(state);
  }
}
