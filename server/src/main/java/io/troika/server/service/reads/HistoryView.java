package io.troika.server.service.reads;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Revision;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.mvcc.SerialResult;
import io.troika.server.core.mvcc.TransactionReads;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One storage with all its past, as it was when {@code at} was its newest transaction: nothing that
 * came later shows in any answer, so an answer stays what it is for ever (but for packing). What a
 * front needs that tells its client of one transaction after the other.
 *
 * <p>Safe for any thread; methods may read the disk.
 */
public final class HistoryView {
  private final ObjectReads reads;
  private final TransactionReads transactions;
  private final StorageId storage;
  private final Tid at;
  private final Tid after;
  private final CacheVerifications verifications;

  HistoryView(
      ObjectReads reads,
      TransactionReads transactions,
      StorageId storage,
      Tid at,
      CacheVerifications verifications) {
    requireArgument(!at.equals(Tid.MAX), "no view can be at %s", at);
    this.reads = reads;
    this.transactions = transactions;
    this.storage = storage;
    this.at = at;
    this.after = new Tid(at.value() + 1);
    this.verifications = verifications;
  }

  /** The newest transaction that shows. */
  public Tid at() {
    return at;
  }

  /** The newest revision with a tid {@code < before}; current if its next tid is null. */
  public LoadResult loadBefore(Oid oid, Tid before) {
    return bounded(reads.loadBefore(storage, oid, bounded(before)));
  }

  /** Which revision {@link #loadBefore} finds, without its data. */
  public SerialResult serialBefore(Oid oid, Tid before) {
    return reads.serialBefore(storage, oid, bounded(before));
  }

  /** Exactly the revision that {@code serial} wrote. */
  public LoadResult loadSerial(Oid oid, Tid serial) {
    return serial.compareTo(at) > 0
        ? new LoadResult.Missing(oid, LoadResult.Why.UNKNOWN)
        : bounded(reads.loadSerial(storage, oid, serial));
  }

  private LoadResult bounded(LoadResult result) {
    if (result instanceof Found found
        && found.revision().nextTid() != null
        && found.revision().nextTid().compareTo(at) > 0) {
      Revision revision = found.revision();
      return new Found(new Revision(revision.oid(), revision.tid(), revision.data(), null));
    }
    return result;
  }

  private Tid bounded(Tid before) {
    return before.compareTo(after) > 0 ? after : before;
  }

  /** The first object that exists with an oid {@code >= from}, or null. */
  public @Nullable Oid nextObject(Oid from) {
    List<Oid> found = reads.objects(storage, from, at, 1);
    return found.isEmpty() ? null : found.get(0);
  }

  /** Revisions of an object, newest first, at most {@code limit}; empty if it has none. */
  public List<HistoryEntry> history(Oid oid, int limit) {
    return reads.history(storage, oid, after, limit);
  }

  /**
   * What changed after {@code since}; see {@link ReadService#invalidationsSince} for the bounds.
   */
  public InvalidationsResult changesSince(Tid since) {
    return verifications.counted(
        transactions.invalidationsBetween(
            storage,
            since,
            at,
            ReadService.INVALIDATED_TRANSACTIONS_MAX,
            ReadService.INVALIDATED_OIDS_MAX));
  }

  /** Transactions with {@code after < tid <= upTo}, ascending, at most {@code limit}. */
  public List<TransactionRecord> transactionsAfter(Tid afterTid, Tid upTo, int limit) {
    Tid last = upTo.compareTo(at) > 0 ? at : upTo;
    return afterTid.compareTo(last) >= 0
        ? List.of()
        : transactions.after(storage, afterTid, last, limit);
  }

  /** Transactions with {@code tid < before} that may be undone, newest first. */
  public List<TransactionRecord> undoable(Tid before, int limit) {
    return transactions.undoLog(storage, bounded(before), limit);
  }

  /** One transaction, or null when there is no such. */
  public @Nullable TransactionRecord transaction(Tid tid) {
    if (tid.isNone() || tid.compareTo(at) > 0) {
      return null;
    }
    List<TransactionRecord> found = transactions.after(storage, new Tid(tid.value() - 1), tid, 1);
    return found.isEmpty() ? null : found.get(0);
  }

  /** What a transaction wrote of an object, or null (packed); see {@link #data}. */
  public @Nullable StoredRevision record(Oid oid, Tid tid) {
    return tid.compareTo(at) > 0 ? null : reads.record(storage, oid, tid);
  }

  /** The data of a record, wherever it is stored; the record must not say that it is absent. */
  public Bytes data(StoredRevision record) {
    return reads.data(storage, record);
  }
}
