package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
      long named = conflicts.stream().filter(each -> each.storage() != null).count();
      requireArgument(
          named == 0 || named == conflicts.size(),
          "%s of %s conflicts name a storage: expected all or none",
          named,
          conflicts.size());
    }

    /** Whether it is of a transaction over several storages. */
    public boolean isJoint() {
      return conflicts.get(0).storage() != null;
    }
  }

  /**
   * What stood in the way of a transaction.
   *
   * @param kind what the transaction wanted of the object
   * @param storage of a transaction over several storages: the object's; else null
   * @param serialRead the serial it started from
   * @param serialCurrent the committed one; {@link Tid#NONE} when there is no such object. When the
   *     object is absent (deleted), the tid of its deletion
   */
  record ObjectConflict(
      Kind kind, @Nullable StorageId storage, Oid oid, Tid serialRead, Tid serialCurrent) {
    /** Of a transaction of one storage. */
    public ObjectConflict(Kind kind, Oid oid, Tid serialRead, Tid serialCurrent) {
      this(kind, null, oid, serialRead, serialCurrent);
    }

    /** The same, of a transaction over several storages. */
    public ObjectConflict in(StorageId itsStorage) {
      return new ObjectConflict(kind, itsStorage, oid, serialRead, serialCurrent);
    }

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
      long named = obstacles.stream().filter(each -> each.storage() != null).count();
      requireArgument(
          named == 0 || named == obstacles.size(),
          "%s of %s obstacles name a storage: expected all or none",
          named,
          obstacles.size());
    }

    /** Whether it is of a transaction over several storages. */
    public boolean isJoint() {
      return obstacles.get(0).storage() != null;
    }
  }

  /**
   * An object that keeps a transaction from being undone.
   *
   * @param storage as in {@link ObjectConflict}
   * @param undone the transaction that was to be undone
   * @param current the newest transaction that changed the object since
   */
  record UndoObstacle(@Nullable StorageId storage, Oid oid, Tid undone, Tid current) {
    /** Of a transaction of one storage. */
    public UndoObstacle(Oid oid, Tid undone, Tid current) {
      this(null, oid, undone, current);
    }

    /** The same, of a transaction over several storages. */
    public UndoObstacle in(StorageId itsStorage) {
      return new UndoObstacle(itsStorage, oid, undone, current);
    }
  }

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

    /** What somebody hears who names a storage that is not there. */
    public static Rejected unknown(StorageId storage) {
      return new Rejected(Reason.UNKNOWN_STORAGE, storage + ": unknown");
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
