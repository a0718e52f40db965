package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import java.util.List;

/** What applying a command answered. A user's mistake is an outcome, never an exception. */
public sealed interface Outcome {

  /** Outcomes of transactions, remembered by transaction id. */
  sealed interface TransactionOutcome extends Outcome {}

  /** The transaction is committed and visible from {@code tid} on. */
  record Committed(Tid tid) implements TransactionOutcome {}

  /** Nothing was changed: others had changed what this transaction read or wrote. */
  record Conflict(List<ObjectConflict> conflicts) implements TransactionOutcome {
    public Conflict {
      conflicts = List.copyOf(conflicts);
      requireArgument(!conflicts.isEmpty(), "a conflict names at least one object");
    }
  }

  /**
   * What stood in the way of a transaction.
   *
   * @param kind what the transaction wanted of the object
   * @param serialRead the serial it started from
   * @param serialCurrent the committed one; {@link Tid#NONE} when there is no such object. When the
   *     object is absent (deleted), the tid of its deletion
   */
  record ObjectConflict(Kind kind, Oid oid, Tid serialRead, Tid serialCurrent) {
    public enum Kind {
      READ,
      WRITE,
      DELETE
    }
  }

  /** Nothing was changed: these objects keep the transaction from being undone. */
  record UndoConflict(List<UndoObstacle> obstacles) implements TransactionOutcome {
    public UndoConflict {
      obstacles = List.copyOf(obstacles);
      requireArgument(!obstacles.isEmpty(), "an undo conflict names at least one object");
    }
  }

  /**
   * An object that keeps a transaction from being undone.
   *
   * @param undone the transaction that was to be undone
   * @param current the newest transaction that changed the object since
   */
  record UndoObstacle(Oid oid, Tid undone, Tid current) {}

  /** The transaction was abandoned before it was committed; it never will be. */
  record Abandoned() implements TransactionOutcome {}

  /** Nothing was changed: the command itself was wrong. */
  record Rejected(Reason reason, String message) implements TransactionOutcome {
    public enum Reason {
      UNKNOWN_STORAGE,
      UNKNOWN_OBJECT,
      UNKNOWN_TRANSACTION,
      INVALID_TRANSACTION,
      TID_NOT_GREATER,
      OIDS_EXHAUSTED,
      /** No more can be staged until others have committed, or what they staged expires. */
      STAGING_FULL,
      /** A blob is not staged as it was said to be: it expired, or has another content. */
      STAGING_LOST,
      /** The storage would become larger than it may be; said before the log is asked. */
      QUOTA_EXCEEDED
    }

    /** What somebody hears who wants to make the storage so much larger. */
    public static Rejected overQuota(StorageState storage, long bytes) {
      return new Rejected(
          Reason.QUOTA_EXCEEDED,
          "storage '"
              + storage.name()
              + "' has "
              + storage.sizeBytes()
              + " bytes and a quota of "
              + storage.quotaBytes()
              + ", so "
              + bytes
              + " bytes more are not taken: a pack or a larger quota makes room");
    }
  }

  /** The block {@code [first, first + count)} belongs to whoever asked. */
  record OidsAllocated(Oid first, int count) implements Outcome {}

  /**
   * The storage of the asked name.
   *
   * @param created false if it existed already
   */
  record StorageCreated(StorageState storage, boolean created) implements Outcome {}

  /** How far the pack of the storage is, after the command. */
  record Packing(PackState state) implements Outcome {}

  /**
   * No object was removed: transactions up to {@code lastTid} may refer to them, look there first.
   */
  record GarbageStale(Tid lastTid) implements Outcome {}

  /** So much of the blob is staged, after the command: at its end if the chunk was taken. */
  record Staged(BlobReference content) implements Outcome {}

  record Done() implements Outcome {}
}
