package io.troika.server.core.transaction;

import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Validates the reads, writes and deletes of one transaction against the current serials, by the
 * rules of ZODB's FileStorage:
 *
 * <ul>
 *   <li>a read ({@code checkCurrentSerialInTransaction}) must find its serial current; with {@link
 *       Tid#NONE} it must find no object: none ever stored, or an absent one;
 *   <li>a write ({@code store}) to an oid that was never stored is taken with any serial; else its
 *       serial must be the tid of the newest revision, also when that says the object is absent;
 *   <li>a delete ({@code deleteObject}) of an oid that was never stored is the caller's mistake (a
 *       POSKeyError there) and outweighs any conflict; else its serial must be the tid of the
 *       newest revision. Deleting an absent object at the serial of its deletion is allowed and
 *       writes another absent revision;
 *   <li>an oid may occur once in writes and deletes together. Nothing to do at all is fine: the
 *       transaction commits and gets a tid.
 * </ul>
 *
 * All conflicts are found, not the first only, so that a client can resolve them in one go.
 */
public final class CommitPlanner {
  private static final Comparator<ObjectConflict> BY_OID =
      Comparator.comparing(ObjectConflict::oid)
          .thenComparing(ObjectConflict::kind)
          .thenComparing(ObjectConflict::serialRead);

  private final NewestSerials newest;
  private final TransactionPlan plan;
  private final List<ObjectConflict> conflicts = new ArrayList<>(0);
  private @Nullable Rejected rejected;

  private CommitPlanner(StorageView storage, CommitTransaction command, TransactionPlan plan) {
    this.newest = new NewestSerials(storage, command.reads(), command.writes(), command.deletes());
    this.plan = plan;
  }

  /**
   * Plans the writes and deletes of {@code command}.
   *
   * @param plan empty; holds the planned revisions when null is returned
   * @return why the transaction can't be committed, or null
   */
  public static @Nullable TransactionOutcome plan(
      StorageView storage, CommitTransaction command, TransactionPlan plan) {
    CommitPlanner planner = new CommitPlanner(storage, command, plan);
    command.reads().forEach(planner::check);
    command.writes().forEach(planner::plan);
    command.deletes().forEach(planner::plan);
    return planner.refusal();
  }

  private @Nullable TransactionOutcome refusal() {
    if (rejected != null) {
      return rejected;
    }
    if (conflicts.isEmpty()) {
      return null;
    }
    return new Conflict(conflicts.stream().sorted(BY_OID).distinct().toList());
  }

  private void check(ReadCheck read) {
    ObjectSerial current = newest.of(read.oid());
    boolean holds =
        read.serial().isNone()
            ? current == null || current.isAbsent()
            : current != null && current.tid().equals(read.serial());
    if (!holds) {
      conflict(ObjectConflict.Kind.READ, read.oid(), read.serial(), current);
    }
  }

  private void plan(Write write) {
    if (!rejectSecond(write.oid())) {
      ObjectSerial current = newest.of(write.oid());
      if (current != null && !current.tid().equals(write.serial())) {
        conflict(ObjectConflict.Kind.WRITE, write.oid(), write.serial(), current);
      }
      plan.put(
          StoredRevision.written(
              write.oid(), plan.tid(), write.data(), write.blob(), write.staged()),
          exists(current));
    }
  }

  private void plan(Delete delete) {
    if (!rejectSecond(delete.oid())) {
      ObjectSerial current = newest.of(delete.oid());
      if (current == null) {
        reject(Reason.UNKNOWN_OBJECT, "oid " + delete.oid() + ": no such object to delete");
      } else if (!current.tid().equals(delete.serial())) {
        conflict(ObjectConflict.Kind.DELETE, delete.oid(), delete.serial(), current);
      }
      plan.put(StoredRevision.absent(delete.oid(), plan.tid()), exists(current));
    }
  }

  private boolean rejectSecond(Oid oid) {
    boolean second = plan.change(oid) != null;
    if (second) {
      reject(
          Reason.INVALID_TRANSACTION,
          "oid " + oid + ": more than one write or delete in one transaction");
    }
    return second;
  }

  private void reject(Reason reason, String message) {
    if (rejected == null) {
      rejected = new Rejected(reason, message);
    }
  }

  private void conflict(
      ObjectConflict.Kind kind, Oid oid, Tid serialRead, @Nullable ObjectSerial current) {
    Tid serialCurrent = current == null ? Tid.NONE : current.tid();
    conflicts.add(new ObjectConflict(kind, oid, serialRead, serialCurrent));
  }

  private static boolean exists(@Nullable ObjectSerial current) {
    return current != null && !current.isAbsent();
  }
}
