package io.troika.server.service.reads;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.mvcc.TransactionContents;
import io.troika.server.core.mvcc.TransactionReads;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.catalog.StorageNames;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.waits.AppliedWaits;
import io.troika.server.service.waits.LeaderWaits;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Reads of this node's applied state. Storages are named; an unknown one is refused as {@link
 * StorageNames#find} says. Whatever needs a tid that is not applied here yet waits for it, as long
 * as the caller's patience and the node's limit allow, and fails with {@code LaggingException}.
 *
 * <p>Safe for any thread. Futures complete on the caller's thread if there was nothing to wait for,
 * else on the service's executor or the log's. Methods may read the disk.
 */
public final class ReadService {
  /** Entries of a history, and transactions of a list, that one answer has at most. */
  public static final int LIST_MAX = 1_000;

  /** Changes that {@link #invalidationsSince} lists at most; the oids fit in a 4 MiB message. */
  static final int INVALIDATED_TRANSACTIONS_MAX = 100_000;

  static final int INVALIDATED_OIDS_MAX = 400_000;

  private static final int COUNTED_TRANSACTIONS_CHUNK = 64; // each up to some 200 KB

  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;
  private final CacheVerifications verifications = new CacheVerifications();
  private final ObjectReads reads;
  private final TransactionReads transactions;
  private final StorageNames names;
  private final AppliedWaits waits;

  public ReadService(
      ReplicatedLog log,
      LeaderWaits leaderWaits,
      RevisionReader reader,
      StorageNames names,
      AppliedWaits waits) {
    this.leaderWaits = leaderWaits;
    this.log = log;
    this.reader = reader;
    this.reads = new ObjectReads(reader);
    this.transactions = new TransactionReads(reader);
    this.names = names;
    this.waits = waits;
  }

  /** How new a view has to be. */
  public enum Freshness {
    /** Includes all that any client was acknowledged before the call; leader only. */
    LINEARIZABLE,
    /** Includes what this client has seen. */
    SESSION
  }

  /**
   * The tid for a new read view, and where it came from.
   *
   * @param storage as of the moment at which the view was taken; the view is at its last tid
   */
  public record ReadView(StorageState storage, Leadership leadership) {
    public Tid tid() {
      return storage.lastTid();
    }
  }

  /**
   * What changed since a tid.
   *
   * @param storage as of no later than the answer
   */
  public record Invalidations(
      InvalidationsResult result, StorageState storage, Leadership leadership) {}

  /** What is known of a storage on this node. */
  public StorageState storage(String name) {
    return names.find(name);
  }

  /** Whether this node has applied that there is one of that name. */
  public boolean has(String name) {
    return reader.storages().stream().anyMatch(storage -> storage.name().equals(name));
  }

  /** All storages, in the order in which they came to be; a restored one keeps its place. */
  public List<StorageState> storages() {
    return reader.storages().stream().sorted(StorageState.BY_PLACE).toList();
  }

  /**
   * The tid for a new read view.
   *
   * @param atLeast with SESSION: the view includes this tid; otherwise ignored
   */
  public CompletableFuture<ReadView> begin(
      String storage, Freshness freshness, Tid atLeast, Duration patience) {
    return fresh(storage, freshness, atLeast, patience)
        .thenApply(state -> new ReadView(state, log.leadership()));
  }

  /**
   * The storage, once this node's state is as new as asked for. Whatever is read here afterwards
   * includes everything up to the last tid of this answer. With LINEARIZABLE it completes on a
   * thread of the log, which must not be kept.
   *
   * @param atLeast with SESSION: the state includes this tid, {@link Tid#NONE} for whatever is
   *     applied here; otherwise ignored
   */
  public CompletableFuture<StorageState> fresh(
      String storage, Freshness freshness, Tid atLeast, Duration patience) {
    CompletableFuture<?> ready =
        switch (freshness) {
          case LINEARIZABLE -> leaderWaits.whenElected(log::proveLeadership);
          case SESSION -> waits.await(names.find(storage).id(), atLeast, patience);
        };
    return ready.thenApply(done -> names.find(storage));
  }

  /** A read view at {@code at}, once this node has applied it. */
  public CompletableFuture<AppliedView> at(String storage, Tid at, Duration patience) {
    return at(storage, ExpectedHistory.ANY, at, patience);
  }

  /** The same of the history that the view belongs to. */
  public CompletableFuture<AppliedView> at(
      String storage, ExpectedHistory expected, Tid at, Duration patience) {
    StorageId id = names.find(storage, expected).id();
    AppliedView view = new AppliedView(reads, id, at);
    return waits.await(id, at, patience).thenApply(done -> view);
  }

  /** The storage as it was at a tid that is applied here, which the caller has to know. */
  public HistoryView history(StorageId storage, Tid at) {
    return new HistoryView(reads, transactions, storage, at, verifications);
  }

  /** Completes once this node has applied {@code tid}; see {@link #at}. */
  public CompletableFuture<Void> applied(StorageId storage, Tid tid, Duration patience) {
    return waits.await(storage, tid, patience);
  }

  /** What is applied here of a storage that is known to exist. Cheap. */
  public StorageState applied(StorageId storage) {
    StorageState state = reader.storage(storage);
    if (state == null) {
      throw new RequestRefusedException(Reason.UNKNOWN_STORAGE, storage + " is not there");
    }
    return state;
  }

  /** The name of the storage now, or its number if it is not there any more. */
  public String nameOf(StorageId storage) {
    StorageState state = reader.storage(storage);
    return state == null ? storage.toString() : state.name();
  }

  /** Exactly the revision that {@code serial} wrote. */
  public CompletableFuture<LoadResult> loadSerial(
      String storage, Oid oid, Tid serial, Duration patience) {
    StorageId id = names.find(storage).id();
    return waits.await(id, serial, patience).thenApply(done -> reads.loadSerial(id, oid, serial));
  }

  /** The same without waiting: for a serial that is known to be applied here. */
  public LoadResult loadSerialNow(String storage, Oid oid, Tid serial) {
    return reads.loadSerial(names.find(storage).id(), oid, serial);
  }

  /** Counts what was answered to those who verify a cache. */
  public CacheVerifications verifications() {
    return verifications;
  }

  /**
   * The objects changed after {@code since}, in a state that is as fresh as asked for.
   *
   * @param atLeast with SESSION: the state includes this tid
   */
  public CompletableFuture<Invalidations> invalidationsSince(
      String storage, Tid since, Freshness freshness, Tid atLeast, Duration patience) {
    // A leader that proved itself and has not got `since` never will: that is an answer. Any other
    // node may only be behind.
    Tid needed = atLeast.compareTo(since) > 0 ? atLeast : since;
    return fresh(storage, freshness, needed, patience)
        .thenApply(
            state -> {
              InvalidationsResult result =
                  verifications.counted(
                      transactions.invalidationsSince(
                          state.id(), since, INVALIDATED_TRANSACTIONS_MAX, INVALIDATED_OIDS_MAX));
              return new Invalidations(result, state, log.leadership());
            });
  }

  /**
   * Revisions of one object, newest first, in the state that this node has now: see {@link #fresh}.
   *
   * @throws RequestRefusedException UNKNOWN_OBJECT if it has none here
   */
  public List<HistoryEntry> history(String storage, Oid oid, int limit) {
    requireLimit(limit);
    List<HistoryEntry> history = reads.history(names.find(storage).id(), oid, limit);
    if (history.isEmpty()) {
      throw new RequestRefusedException(
          Reason.UNKNOWN_OBJECT, "oid %s of storage '%s' has no history".formatted(oid, storage));
    }
    return history;
  }

  /** Transactions with {@code after < tid}, ascending, in the state of now. */
  public List<TransactionRecord> transactionsAfter(String storage, Tid after, int limit) {
    requireLimit(limit);
    return transactions.after(names.find(storage).id(), after, Tid.MAX, limit);
  }

  /** Transactions with {@code tid < before}, newest first, in the state of now. */
  public List<TransactionRecord> transactionsBefore(String storage, Tid before, int limit) {
    requireLimit(limit);
    return transactions.before(names.find(storage).id(), before, limit);
  }

  private static void requireLimit(int limit) {
    requireArgument(limit >= 1 && limit <= LIST_MAX, "limit %s: expected 1 to %s", limit, LIST_MAX);
  }

  /**
   * A transaction with its records; what its own records hold is in memory, at most one log entry.
   *
   * @throws RequestRefusedException UNKNOWN_TRANSACTION
   */
  public TransactionContents transactionContents(String storage, Tid tid) {
    TransactionContents contents = transactions.contents(names.find(storage).id(), tid);
    if (contents == null) {
      throw new RequestRefusedException(
          Reason.UNKNOWN_TRANSACTION, "storage '%s' has no transaction %s".formatted(storage, tid));
    }
    return contents;
  }

  /**
   * The data of a record, wherever it is stored; the record must not say that it is absent.
   *
   * @throws LaggingException if a pack took the record away since it was read: who asks for its
   *     transaction again is told what is left of it
   */
  public Bytes data(String storage, StoredRevision record) {
    Bytes data = reads.dataIfThere(names.find(storage).id(), record);
    if (data == null) {
      throw new LaggingException(
          "storage '%s': oid %s at %s was packed away while it was read; ask again"
              .formatted(storage, record.oid(), record.tid()));
    }
    return data;
  }

  /**
   * What a replica holds of a storage.
   *
   * @param sha256 32 bytes
   * @param at the last transaction that is covered
   * @param revisions written by all transactions up to and including it
   */
  public record StorageDigest(Bytes sha256, Tid at, long revisions) {}

  /**
   * The digest of this replica of a storage, once this node has applied {@code at}. Reads
   * everything: slow.
   *
   * @param at {@link Tid#NONE} for the newest tid here
   * @param reader reads, and completes the future
   */
  public CompletableFuture<StorageDigest> digest(
      String storage, Tid at, Duration patience, Executor reader) {
    StorageState state = names.find(storage);
    Tid upTo = at.isNone() ? state.lastTid() : at;
    return waits
        .await(state.id(), upTo, patience)
        .thenApplyAsync(
            done ->
                new StorageDigest(
                    new ReplicaDigest(this.reader).storage(state.id(), upTo),
                    upTo,
                    countRevisions(state.id(), upTo)),
            reader);
  }

  private long countRevisions(StorageId storage, Tid upTo) {
    long revisions = 0;
    Tid after = Tid.NONE;
    while (after.compareTo(upTo) < 0) {
      List<TransactionRecord> chunk =
          transactions.after(storage, after, upTo, COUNTED_TRANSACTIONS_CHUNK);
      if (chunk.isEmpty()) {
        break;
      }
      revisions += chunk.stream().mapToLong(transaction -> transaction.oids().size()).sum();
      after = chunk.get(chunk.size() - 1).tid();
    }
    return revisions;
  }
}
