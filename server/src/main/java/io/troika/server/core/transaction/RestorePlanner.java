package io.troika.server.core.transaction;

import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import org.jspecify.annotations.Nullable;

/**
 * Plans the revisions of a transaction copied from elsewhere ({@code IStorageRestoreable.restore}).
 * Serials are not checked; the tid must go forward and shared data must be there. A record may
 * share the data of a revision that shares itself: the chain is followed to its end, which may be
 * an absent object.
 */
public final class RestorePlanner {
  private RestorePlanner() {}

  /**
   * Plans the records of one transaction.
   *
   * @param plan empty; holds the planned revisions when null is returned
   * @return why the transaction can't be restored, or null
   */
  public static @Nullable Rejected plan(
      StorageView storage, RestoredTransaction transaction, TransactionPlan plan) {
    Rejected rejected = checkHeader(storage, transaction);
    for (RestoredRevision restored : transaction.revisions()) {
      if (rejected != null) {
        break;
      }
      rejected = planRevision(storage, restored, plan);
    }
    return rejected;
  }

  private static @Nullable Rejected checkHeader(
      StorageView storage, RestoredTransaction transaction) {
    Tid tid = transaction.tid();
    if (tid.compareTo(storage.lastTid()) <= 0) {
      return new Rejected(
          Reason.TID_NOT_GREATER,
          "tid " + tid + ": expected more than " + storage.lastTid() + ", the last transaction");
    }
    if (tid.equals(Tid.MAX)) {
      return invalid("tid " + tid + ": no transaction can have it");
    }
    char status = transaction.status();
    if (status != TransactionRecord.NORMAL && status != TransactionRecord.PACKED) {
      return invalid("status 0x" + Integer.toHexString(status) + ": expected 0x20 or 0x70");
    }
    return null;
  }

  private static @Nullable Rejected planRevision(
      StorageView storage, RestoredRevision restored, TransactionPlan plan) {
    if (plan.change(restored.oid()) != null) {
      return invalid("oid " + restored.oid() + ": more than one record in one transaction");
    }
    StoredRevision revision = resolve(storage, restored, plan.tid());
    if (revision == null) {
      return invalid(
          "oid " + restored.oid() + ": shares the data of " + restored.dataTid() + ", unknown");
    }
    StoredRevision newest = storage.newest(restored.oid());
    plan.put(revision, newest != null && !newest.isAbsent());
    return null;
  }

  private static @Nullable StoredRevision resolve(
      StorageView storage, RestoredRevision restored, Tid tid) {
    if (restored.data() != null || restored.staged() != null) {
      return StoredRevision.written(
          restored.oid(), tid, restored.data(), restored.blob(), restored.staged());
    }
    if (restored.dataTid() == null) {
      return StoredRevision.absent(restored.oid(), tid);
    }
    StoredRevision origin = storage.at(restored.oid(), restored.dataTid());
    return origin != null && PackedOrigins.stays(storage, origin)
        ? PackedOrigins.again(storage, origin, tid)
        : null;
  }

  private static Rejected invalid(String message) {
    return new Rejected(Reason.INVALID_TRANSACTION, message);
  }
}
