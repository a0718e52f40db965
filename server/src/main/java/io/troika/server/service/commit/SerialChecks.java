package io.troika.server.service.commit;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.transaction.CommitPlanner;
import io.troika.server.core.transaction.NewestSerials;
import io.troika.server.core.transaction.StagedBlobs;
import io.troika.server.core.transaction.TransactionPlan;
import io.troika.server.core.undo.UndoPlanner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a transaction before the log is asked.
 *
 * <p><em>Certain conflicts.</em> The serial of an object only grows. If the applied serial of an
 * object that exists is newer than the one a transaction started from, applying it can never
 * succeed, wherever and whenever that happens: on a deposed leader as well, whose applied state is
 * old but true. The reverse says nothing: a serial newer than the applied one may come from a
 * transaction that this node has not applied yet. Nor are these certain, so applying decides about
 * them: objects that are absent, reads that expect no object, undos (the data may become equal
 * again).
 *
 * <p><em>The present outcome</em> is what applying would answer now. For a vote, whose promise must
 * cover everything, but only on a node that has proved to be the leader.
 */
final class SerialChecks {
  private static final int ATTEMPTS_MAX = 16;
  private static final long BLOB_MARGIN_MILLIS = 30_000;

  private SerialChecks() {}

  /** Null if no conflict is certain; else all that are, ordered by oid, then as read, written. */
  static @Nullable Conflict certainConflict(RevisionReader reader, TransactionRequest request) {
    Collector collector = new Collector(reader, request);
    for (ReadCheck read : request.reads()) {
      collector.check(Kind.READ, read.oid(), read.serial());
    }
    for (Write write : request.writes()) {
      collector.check(Kind.WRITE, write.oid(), write.serial());
    }
    for (Delete delete : request.deletes()) {
      collector.check(Kind.DELETE, delete.oid(), delete.serial());
    }
    if (collector.conflicts.isEmpty()) {
      return null;
    }
    collector.conflicts.sort(Comparator.comparing(ObjectConflict::oid));
    return new Conflict(collector.conflicts);
  }

  /** Why the transaction could not be committed if it were applied now, or null. */
  static @Nullable TransactionOutcome presentOutcome(
      RevisionReader reader, TransactionRequest request) {
    PackState before = null; // asked for after a failure only, which is rare
    for (int attempt = 1; ; attempt++) {
      try {
        return planned(reader, request);
      } catch (InvariantViolation e) {
        // What the plan had read before may be packed away; one that goes on takes a step a time.
        PackState after = reader.pack(request.storage());
        boolean standsStill = attempt > 1 && Objects.equals(before, after);
        if (standsStill || attempt == ATTEMPTS_MAX) {
          throw e;
        }
        before = after;
      }
    }
  }

  private static @Nullable TransactionOutcome planned(
      RevisionReader reader, TransactionRequest request) {
    AppliedStorage storage = new AppliedStorage(reader, request.storage());
    TransactionPlan plan = new TransactionPlan(storage.lastTid().next());
    TransactionOutcome refusal = stagedBlobs(reader, request);
    if (refusal != null) {
      return refusal;
    }
    refusal = CommitPlanner.plan(storage, request.toCommand(plan.tid()), plan);
    return refusal != null ? refusal : UndoPlanner.plan(storage, request.undos(), plan);
  }

  /** They must be there for as long as a vote may hold, so those that expire soon do not count. */
  private static @Nullable TransactionOutcome stagedBlobs(
      RevisionReader reader, TransactionRequest request) {
    if (!StagedBlobs.areNamed(request.writes(), request.stages())) {
      return null;
    }
    return StagedBlobs.refusal(
        reader::blob,
        reader.group().logTimeMillis() + BLOB_MARGIN_MILLIS,
        request.storage(),
        request.id(),
        request.writes(),
        request.stages());
  }

  private static final class Collector {
    private final NewestSerials newest;
    private final List<ObjectConflict> conflicts = new ArrayList<>();

    private Collector(RevisionReader reader, TransactionRequest request) {
      this.newest =
          new NewestSerials(
              new AppliedStorage(reader, request.storage()),
              request.reads(),
              request.writes(),
              request.deletes());
    }

    private void check(Kind kind, Oid oid, Tid serialRead) {
      if (kind == Kind.READ && serialRead.isNone()) {
        return;
      }
      ObjectSerial current = newest.of(oid);
      if (current != null && !current.isAbsent() && current.tid().compareTo(serialRead) > 0) {
        conflicts.add(new ObjectConflict(kind, oid, serialRead, current.tid()));
      }
    }
  }
}
