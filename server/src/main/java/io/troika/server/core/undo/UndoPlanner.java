package io.troika.server.core.undo;

import static io.troika.server.core.model.Checks.checkInvariant;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.transaction.PackedOrigins;
import io.troika.server.core.transaction.StorageView;
import io.troika.server.core.transaction.TransactionPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans the undo of transactions by the rules of FileStorage ({@code _transactionalUndoRecord}).
 * Undoing transaction T means, for each object that T wrote:
 *
 * <ul>
 *   <li>T's revision is still current: go back to the revision before T;
 *   <li>another is current but its data is that of T's revision (shared, or equal bytes and the
 *       same blob if any, or both say that the object is absent): likewise;
 *   <li>else the object is an obstacle. FileStorage would try to resolve the conflict with the
 *       object's class; we never run classes on the server.
 * </ul>
 *
 * Going back shares the data of the revision before T; where there is none, or it is absent, the
 * object becomes absent. "Current" includes what this transaction itself wrote or undid before, so
 * several transactions can be undone in one, newest first.
 *
 * <p>One case is wider than in FileStorage, which can't compare two deletions: here the undo of a
 * deletion is allowed while a later one is current, since both left the same (nothing).
 */
public final class UndoPlanner {
  private static final Comparator<UndoObstacle> BY_OID =
      Comparator.comparing(UndoObstacle::oid).thenComparing(UndoObstacle::undone);

  private final StorageView storage;
  private final TransactionPlan plan;
  private final List<UndoObstacle> obstacles = new ArrayList<>(0);

  private UndoPlanner(StorageView storage, TransactionPlan plan) {
    this.storage = storage;
    this.plan = plan;
  }

  /**
   * Plans the undo of {@code undos} in their order, on top of what {@code plan} already holds.
   *
   * @return why they can't be undone, or null
   */
  public static @Nullable TransactionOutcome plan(
      StorageView storage, List<Tid> undos, TransactionPlan plan) {
    UndoPlanner planner = new UndoPlanner(storage, plan);
    for (Tid undone : undos) {
      Rejected rejected = planner.undo(undone);
      if (rejected != null) {
        return rejected;
      }
    }
    if (planner.obstacles.isEmpty()) {
      return null;
    }
    return new UndoConflict(planner.obstacles.stream().sorted(BY_OID).distinct().toList());
  }

  private @Nullable Rejected undo(Tid undone) {
    TransactionRecord transaction = storage.transaction(undone);
    if (transaction == null) {
      return new Rejected(Reason.UNKNOWN_TRANSACTION, "transaction " + undone + ": unknown");
    }
    if (transaction.status() != TransactionRecord.NORMAL
        || undone.compareTo(storage.packTid()) <= 0) {
      return new Rejected(
          Reason.INVALID_TRANSACTION, "transaction " + undone + ": packed, can't be undone");
    }
    for (Oid oid : transaction.oids()) {
      undo(undone, oid);
    }
    return null;
  }

  private void undo(Tid undone, Oid oid) {
    StoredRevision target = storage.at(oid, undone);
    StoredRevision newest = storage.newest(oid);
    checkInvariant(
        target != null && newest != null,
        "oid %s has no revision at %s, which its transaction lists",
        oid,
        undone);
    requireNonNull(newest);
    TransactionPlan.Change planned = plan.change(oid);
    StoredRevision current = planned == null ? newest : planned.revision();
    if (sameData(current, requireNonNull(target))) {
      boolean existed = planned == null ? !newest.isAbsent() : planned.existed();
      plan.put(revisionBefore(oid, undone), existed);
    } else {
      obstacles.add(new UndoObstacle(oid, undone, newest.tid()));
    }
  }

  private StoredRevision revisionBefore(Oid oid, Tid undone) {
    StoredRevision before = storage.newestBefore(oid, undone);
    return before == null
        ? StoredRevision.absent(oid, plan.tid())
        : PackedOrigins.again(storage, before, plan.tid());
  }

  private boolean sameData(StoredRevision left, StoredRevision right) {
    return left.dataTid().equals(right.dataTid())
        || (!left.isAbsent() && !right.isAbsent() && sameContent(origin(left), origin(right)));
  }

  private static boolean sameContent(StoredRevision left, StoredRevision right) {
    @Nullable BlobReference blob = left.blob();
    @Nullable BlobReference other = right.blob();
    boolean sameBlob = blob == null ? other == null : (other != null && blob.hasContentOf(other));
    return sameBlob && requireNonNull(left.data()).equals(requireNonNull(right.data()));
  }

  /** The revision that has the data. */
  private StoredRevision origin(StoredRevision revision) {
    @Nullable StoredRevision origin = storage.origin(revision);
    checkInvariant(
        origin != null && origin.data() != null,
        "oid %s at %s shares the data of %s, which has none",
        revision.oid(),
        revision.tid(),
        revision.dataTid());
    return requireNonNull(origin);
  }
}
