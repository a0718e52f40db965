package io.troika.server.core.mvcc;

import static io.troika.server.core.model.Checks.checkInvariant;
import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads of transactions, and of what they changed, over a {@link RevisionReader}. Safe for any
 * thread, and bounded by what is applied, as {@link ObjectReads} is.
 *
 * <p>A storage that does not exist answers as an empty one.
 */
public final class TransactionReads {
  /** How many transaction records are held at once while collecting; one is at most some 200 KB. */
  private static final int CHUNK = 64;

  private final RevisionReader reader;

  public TransactionReads(RevisionReader reader) {
    this.reader = reader;
  }

  /**
   * The objects changed by transactions after {@code since}.
   *
   * @param transactionsMax when more transactions than this came since, the answer is too many
   * @param oidsMax likewise for distinct objects
   */
  public InvalidationsResult invalidationsSince(
      StorageId storage, Tid since, int transactionsMax, int oidsMax) {
    StorageState state = reader.storage(storage);
    Tid lastTid = state == null ? Tid.NONE : state.lastTid();
    return invalidationsBetween(storage, since, lastTid, transactionsMax, oidsMax);
  }

  /** The same as of {@code lastTid}, which is applied: as if nothing had happened after it. */
  public InvalidationsResult invalidationsBetween(
      StorageId storage, Tid since, Tid lastTid, int transactionsMax, int oidsMax) {
    StorageState state = reader.storage(storage);
    if (since.compareTo(lastTid) > 0) {
      return new InvalidationsResult.Ahead(lastTid);
    }
    if (state != null && since.compareTo(state.packTid()) < 0) {
      return new InvalidationsResult.TooOld(state.packTid());
    }
    if (state != null && since.compareTo(state.epochTid()) < 0) {
      return new InvalidationsResult.TooOld(state.epochTid()); // It may be of another history.
    }
    TreeSet<Oid> oids = new TreeSet<>();
    int transactions = 0;
    Tid after = since;
    while (after.compareTo(lastTid) < 0) {
      List<TransactionRecord> chunk = reader.transactions(storage, after, lastTid, CHUNK);
      if (chunk.isEmpty()) {
        checkInvariant(
            lastTid.compareTo(packTid(storage)) <= 0,
            "%s: no transaction after %s up to %s",
            storage,
            after,
            lastTid);
        break;
      }
      for (TransactionRecord transaction : chunk) {
        oids.addAll(transaction.oids());
        transactions++;
        if (transactions > transactionsMax || oids.size() > oidsMax) {
          return new InvalidationsResult.TooMany();
        }
      }
      after = chunk.get(chunk.size() - 1).tid();
    }
    Tid packTid = packTid(storage);
    if (since.compareTo(packTid) < 0) {
      return new InvalidationsResult.TooOld(packTid); // A pack began meanwhile.
    }
    return new InvalidationsResult.Complete(lastTid, List.copyOf(oids));
  }

  /** Transactions with {@code after < tid <= upTo}, ascending, at most {@code limit}. */
  public List<TransactionRecord> after(StorageId storage, Tid after, Tid upTo, int limit) {
    requireArgument(limit >= 1, "transaction limit %s: expected 1 or more", limit);
    return reader.transactions(storage, after, upTo, limit);
  }

  /** Transactions with {@code tid < before}, newest first, at most {@code limit}. */
  public List<TransactionRecord> before(StorageId storage, Tid before, int limit) {
    requireArgument(limit >= 1, "transaction limit %s: expected 1 or more", limit);
    return reader.transactionsBackwards(storage, before, limit);
  }

  /**
   * Transactions with {@code tid < before} that may be undone, newest first, at most {@code limit}
   * ({@code IStorageUndoable.undoLog}): packed ones, and those up to the pack horizon, are left
   * out.
   */
  public List<TransactionRecord> undoLog(StorageId storage, Tid before, int limit) {
    requireArgument(limit >= 1, "undo log limit %s: expected 1 or more", limit);
    Tid packTid = packTid(storage);
    List<TransactionRecord> undoable = new ArrayList<>();
    Tid next = before;
    while (undoable.size() < limit) {
      int wanted = Math.min(limit - undoable.size(), CHUNK);
      List<TransactionRecord> chunk = reader.transactionsBackwards(storage, next, wanted);
      for (TransactionRecord transaction : chunk) {
        if (transaction.tid().compareTo(packTid) <= 0) {
          return undoable;
        }
        if (transaction.status() == TransactionRecord.NORMAL) {
          undoable.add(transaction);
        }
      }
      if (chunk.size() < wanted) {
        break;
      }
      next = chunk.get(chunk.size() - 1).tid();
    }
    return undoable;
  }

  /** A transaction with every record it wrote, or null when there is no such. */
  public @Nullable TransactionContents contents(StorageId storage, Tid tid) {
    TransactionRecord transaction = reader.transaction(storage, tid);
    if (transaction == null) {
      return null;
    }
    List<StoredRevision> revisions = new ArrayList<>(transaction.oids().size());
    for (Oid oid : transaction.oids()) {
      // Unread: one after the other is read when it is wanted, however large they are together.
      StoredRevision revision = reader.unreadAt(storage, oid, tid);
      checkInvariant(
          revision != null || tid.compareTo(packTid(storage)) <= 0,
          "%s: oid %s has no revision at %s, which its transaction lists",
          storage,
          oid,
          tid);
      if (revision != null) {
        revisions.add(revision);
      }
    }
    return new TransactionContents(transaction, revisions);
  }

  private Tid packTid(StorageId storage) {
    StorageState state = reader.storage(storage);
    return state == null ? Tid.NONE : state.packTid();
  }
}
