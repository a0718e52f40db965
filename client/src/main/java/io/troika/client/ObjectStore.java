package io.troika.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One storage: a named database of objects with all their revisions. Safe for any thread; lives as
 * long as its {@link TroikaClient}.
 *
 * <p>What is asked of "now" ({@link #info}, {@link #history}, {@link #transactions}) is as new as
 * the client's {@link Freshness} says: with LINEARIZABLE it includes all that anybody was
 * acknowledged before the call, with SESSION all that this client has seen.
 *
 * <p>Every call has a deadline ({@link TroikaClient.Builder#callTimeout}) and is sent again within
 * it, to another node or a new leader, as long as that is safe. Besides what is named, every call
 * may throw {@link UnknownStorageException}, {@link UnavailableException} and {@link
 * BrokenException}.
 */
public interface ObjectStore {

  /** The name of the storage. */
  String name();

  /** What is known of the storage now. */
  StorageInfo info();

  /**
   * Runs a function in a transaction and commits it; the common case. After a {@link
   * ConflictException} or {@link HistoryReplacedException} the function runs again in a new
   * transaction, after a random pause that grows, until {@link TroikaClient.Builder#runTimeout}. So
   * it must have no other effects than those on the transaction. A function that only reads costs
   * no commit. What it throws aborts the transaction and passes to the caller.
   *
   * <pre>{@code
   * Oid account = store.run(tx -> tx.create("100", Codec.UTF8));
   * }</pre>
   *
   * @return what the function returned in the run that was committed
   * @throws ConflictException of the last run, the earlier ones suppressed, when time is up
   * @throws TroikaException as {@link Transaction#commit}
   */
  @CanIgnoreReturnValue
  <T> T run(Function<Transaction, T> body);

  /** As {@link #run(Function)}, with metadata or another freshness. */
  @CanIgnoreReturnValue
  <T> T run(TransactionOptions options, Function<Transaction, T> body);

  /** As {@link #run(Function)}, for a function without a result; answers the tid of the commit. */
  @CanIgnoreReturnValue
  default Tid execute(Consumer<Transaction> body) {
    return execute(TransactionOptions.DEFAULT, body);
  }

  /** As {@link #execute(Consumer)}, with metadata or another freshness. */
  @CanIgnoreReturnValue
  Tid execute(TransactionOptions options, Consumer<Transaction> body);

  /**
   * As {@link #run(Function)}, without a waiting thread: the transaction is committed once the
   * future that the function returned has completed. The function runs on the client's executor and
   * must not block it for long.
   */
  default <T> CompletableFuture<T> runAsync(Function<Transaction, CompletableFuture<T>> body) {
    return runAsync(TransactionOptions.DEFAULT, body);
  }

  /** As {@link #runAsync(Function)}, with metadata or another freshness. */
  <T> CompletableFuture<T> runAsync(
      TransactionOptions options, Function<Transaction, CompletableFuture<T>> body);

  /** A transaction that the caller commits or aborts, for those who need more than {@link #run}. */
  default Transaction begin() {
    return begin(TransactionOptions.DEFAULT);
  }

  /** As {@link #begin()}, with metadata or another freshness. */
  Transaction begin(TransactionOptions options);

  /** A read view of the newest state, as new as the client's {@link Freshness} says. */
  ReadView view();

  /** As {@link #view()}, with the given freshness. */
  ReadView view(Freshness freshness);

  /** As {@link #view(Freshness)}. */
  CompletableFuture<ReadView> viewAsync(Freshness freshness);

  /** A read view at a tid of the past; a tid of the future makes its reads wait, then fail. */
  ReadView viewAt(Tid tid);

  /** Exactly one revision, named by its serial, of any age. */
  Optional<Revision> loadSerial(Oid oid, Tid serial);

  /**
   * The blob that came with exactly one revision, of any age; of an undo, that of the revision it
   * went back to. A tid of the future makes it wait, then fail.
   *
   * @throws UnknownBlobException if there is no such revision (any longer), or it has no blob
   */
  Blob openBlob(Oid oid, Tid serial);

  /**
   * The revisions of one object, newest first.
   *
   * @param limit 1 to 1,000
   * @throws UnknownObjectException if it never existed
   */
  List<HistoryEntry> history(Oid oid, int limit);

  /**
   * Committed transactions; asked for by the page as the stream goes on. Pages after the first are
   * at least as new as the first one.
   */
  Stream<TransactionRecord> transactions(TransactionQuery query);

  /**
   * Every change of one transaction, in the order of oids, with the data.
   *
   * @throws UnknownTransactionException if there is none of that tid
   */
  List<RecordedChange> changes(Tid transaction);

  /** As {@link #changes}. */
  CompletableFuture<List<RecordedChange>> changesAsync(Tid transaction);

  /** As {@link #restore(List)}, for one transaction. */
  @CanIgnoreReturnValue
  default Tid restore(RestoredTransaction transaction) {
    return restore(List.of(transaction));
  }

  /**
   * Copies transactions that were committed elsewhere, keeping their tids: all of them or, when it
   * fails, none. Exactly once, as a commit, and in one step, so that many small ones cost little
   * more than one. Their blobs are sent ahead, on the calling thread, a few chunks of them in
   * memory at a time; also by {@link #restoreAsync}, before it returns.
   *
   * @param transactions 1 or more in tid order, together no larger than one transaction may be
   * @return the last tid
   * @throws TidNotGreaterException if a tid is not greater than the one before, or the storage's
   *     last one
   * @throws TransactionTooLargeException if they are too large together
   * @throws CommitOutcomeUnknownException as {@link Transaction#commit}
   * @throws UncheckedIOException if reading a blob fails
   */
  @CanIgnoreReturnValue
  Tid restore(List<RestoredTransaction> transactions);

  /** As {@link #restore(List)}. */
  CompletableFuture<Tid> restoreAsync(List<RestoredTransaction> transactions);

  /**
   * Tells of every transaction that is committed from now on, by any client, in tid order and each
   * once, across changes of leader and broken connections; and of leaders. "Now" is a moment during
   * this call, which asks the leader.
   */
  Watch watch(WatchListener listener);

  /** Hits, misses and size of the cache of this storage. */
  CacheStatistics cacheStatistics();
}
