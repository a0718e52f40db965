package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireArgument;

import io.troika.api.v1.LoadedObject;
import io.troika.client.Blob;
import io.troika.client.CacheStatistics;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.Freshness;
import io.troika.client.HistoryEntry;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.Revision;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.Transaction;
import io.troika.client.TransactionId;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.Watch;
import io.troika.client.WatchListener;
import io.troika.client.internal.ClientSettings;
import io.troika.client.internal.Futures;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.cache.HistoryGuard;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.HistoryCodec;
import io.troika.client.internal.codec.Recency;
import io.troika.client.internal.codec.ValueCodec;
import io.troika.client.internal.connection.ClientThreads;
import io.troika.client.internal.connection.Cluster;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One storage of a client: puts its parts together and offers them. */
public final class StoreClient implements ObjectStore {
  private static final int HISTORY_MAX = 1_000;

  private final StoreParts parts;
  private final RunLoop runs;
  private final StoreWatches watches;
  private final StoreFeed feed;

  /** Connects to nobody yet. */
  public StoreClient(
      String name,
      ClientSettings settings,
      Cluster cluster,
      ClientThreads threads,
      Listeners listeners,
      Supplier<TransactionId> ids) {
    StoreCalls calls = new StoreCalls(cluster, name);
    RevisionCache cache = new RevisionCache(settings.cacheBytesMax());
    HistoryGuard guard = new HistoryGuard(cache);
    this.watches =
        new StoreWatches(
            threads.users(),
            (query, atLeast) -> transactions(query, Recency.atLeast(atLeast)),
            position -> guard.numberOf(position.storageUuid(), position.epoch()));
    this.feed =
        new StoreFeed(calls, cluster, cache, guard, settings.cachePolicy(), listeners, watches);
    ViewOpener views = new ViewOpener(calls, cache, guard, feed, threads::later);
    StoreReader reader = new StoreReader(calls, cache, views);
    this.parts =
        new StoreParts(
            name,
            settings,
            calls,
            cache,
            views,
            reader,
            new ObjectPages(calls, reader),
            new OidSource(() -> calls.allocateOids(settings.oidBlock()), cache::history),
            new Committer(
                calls,
                cache,
                views,
                new Merger(calls, cache, settings.resolvers(), threads.users())),
            threads.users(),
            ids);
    this.runs = new RunLoop(settings.timing().run(), listeners, threads);
  }

  @Override
  public String name() {
    return parts.name();
  }

  @Override
  public StorageInfo info() {
    long history = parts.cache().history();
    StorageInfo info = await(parts.calls().info(recency()));
    parts.views().saw(info.lastTid(), history);
    return info;
  }

  /** Reads that are not about one tid are as new as the client's views. */
  private Recency recency() {
    return parts.views().recency(parts.settings().freshness());
  }

  @Override
  public <T> T run(Function<Transaction, T> body) {
    return run(TransactionOptions.DEFAULT, body);
  }

  @Override
  public <T> T run(TransactionOptions options, Function<Transaction, T> body) {
    return runs.<BufferedTransaction, T>run(() -> begun(options), body::apply).result();
  }

  @Override
  public Tid execute(TransactionOptions options, Consumer<Transaction> body) {
    return runs.run(
            () -> begun(options),
            transaction -> {
              body.accept(transaction);
              return Boolean.TRUE;
            })
        .tid();
  }

  @Override
  public <T> CompletableFuture<T> runAsync(
      TransactionOptions options, Function<Transaction, CompletableFuture<T>> body) {
    return runs.<BufferedTransaction, T>runAsync(() -> begun(options), body::apply);
  }

  @Override
  public Transaction begin(TransactionOptions options) {
    return begun(options);
  }

  private BufferedTransaction begun(TransactionOptions options) {
    return new BufferedTransaction(parts, options);
  }

  StoreParts parts() {
    return parts;
  }

  @Override
  public ReadView view() {
    return view(parts.settings().freshness());
  }

  @Override
  public ReadView view(Freshness freshness) {
    return open(await(parts.views().open(freshness)));
  }

  @Override
  public CompletableFuture<ReadView> viewAsync(Freshness freshness) {
    return Futures.onExecutor(parts.views().open(freshness).thenApply(this::open), parts.users());
  }

  @Override
  public ReadView viewAt(Tid tid) {
    return open(ViewStart.now(tid, parts.cache().history()));
  }

  private ReadView open(ViewStart start) {
    return new CachedView(parts.reader(), parts.pages(), parts.users(), start);
  }

  @Override
  public Optional<Revision> loadSerial(Oid oid, Tid serial) {
    LoadedObject loaded = await(parts.calls().loadSerial(oid, serial));
    return loaded.getStatus() == LoadedObject.Status.FOUND
        ? Optional.of(ValueCodec.revision(loaded))
        : Optional.empty();
  }

  @Override
  public Blob openBlob(Oid oid, Tid serial) {
    return StoredBlob.open(parts.calls(), oid, serial);
  }

  @Override
  public List<HistoryEntry> history(Oid oid, int limit) {
    requireArgument(
        limit >= 1 && limit <= HISTORY_MAX, "limit %s: expected 1 to %s", limit, HISTORY_MAX);
    long history = parts.cache().history();
    List<HistoryEntry> entries = await(parts.calls().history(oid, limit, recency()));
    entries.stream().findFirst().ifPresent(newest -> parts.views().saw(newest.tid(), history));
    return entries;
  }

  @Override
  public Stream<TransactionRecord> transactions(TransactionQuery query) {
    return transactions(query, recency());
  }

  private Stream<TransactionRecord> transactions(TransactionQuery query, Recency recency) {
    return PagedIterator.stream(new TransactionPage(query, recency), this::page);
  }

  /** Where a page begins; each is at least as new as the one before, whichever node answers. */
  private record TransactionPage(TransactionQuery query, Recency recency) {}

  private PagedIterator.Page<TransactionRecord, TransactionPage> page(TransactionPage page) {
    long history = parts.cache().history();
    var answer = await(parts.calls().transactions(page.query(), page.recency()));
    Tid upTo = ValueCodec.tid(answer.getUpTo());
    parts.views().saw(upTo, history);
    List<TransactionRecord> records =
        answer.getTransactionsList().stream().map(HistoryCodec::transaction).toList();
    if (!answer.getMore() || records.isEmpty()) {
      return new PagedIterator.Page<>(records, null);
    }
    TransactionQuery rest = page.query().from(records.get(records.size() - 1).tid());
    return new PagedIterator.Page<>(records, new TransactionPage(rest, Recency.atLeast(upTo)));
  }

  @Override
  public List<RecordedChange> changes(Tid transaction) {
    return await(changesInternally(transaction));
  }

  @Override
  public CompletableFuture<List<RecordedChange>> changesAsync(Tid transaction) {
    return Futures.onExecutor(changesInternally(transaction), parts.users());
  }

  /** What is known to be committed is the same on every node that has applied it. */
  private CompletableFuture<List<RecordedChange>> changesInternally(Tid transaction) {
    boolean seen = transaction.compareTo(parts.views().newestSeen()) <= 0;
    Recency recency = seen ? Recency.atLeast(transaction) : Recency.LINEARIZABLE;
    return parts.calls().changes(transaction, recency);
  }

  @Override
  public Tid restore(List<RestoredTransaction> transactions) {
    TransactionId id = parts.ids().get();
    return Futures.await(
        Restorer.restore(parts.calls(), id, transactions),
        () ->
            new CommitOutcomeUnknownException(
                "interrupted while restoring; outcome of transaction " + id + " unknown",
                id,
                null));
  }

  @Override
  public CompletableFuture<Tid> restoreAsync(List<RestoredTransaction> transactions) {
    return Futures.onExecutor(
        Restorer.restore(parts.calls(), parts.ids().get(), transactions), parts.users());
  }

  @Override
  public Watch watch(WatchListener listener) {
    return watches.add(listener, () -> await(parts.views().open(Freshness.LINEARIZABLE)));
  }

  /** Ends all watches, and the runs that wait to run again. */
  public void close() {
    feed.close();
    runs.close();
  }

  @Override
  public CacheStatistics cacheStatistics() {
    return parts.cache().statistics();
  }

  private static <T> T await(CompletableFuture<T> answer) {
    return Futures.await(answer);
  }
}
