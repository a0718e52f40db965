package io.troika.server.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.troika.server.core.model.StorageState;
import io.troika.server.service.feed.InvalidationFeed;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.TransactionListener;
import io.troika.server.service.reads.CacheVerifications;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that one node tells Prometheus. What is counted is counted as it happens; the rest is
 * looked at when somebody asks. Safe for any thread.
 */
public final class NodeMetrics {
  public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final Logger LOG = LoggerFactory.getLogger(NodeMetrics.class);

  /** Members answer within a second, or are said not to. */
  private static final Duration MEMBERS_MAX = Duration.ofSeconds(3);

  private static final double MILLIS_PER_SECOND = 1_000;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Sources sources;
  private final TransactionMetrics transactions;
  private final GroupMetrics groups;
  private final Gauge ready;
  private final Gauge objects;
  private final Gauge storedTransactions;
  private final Gauge dataBytes;
  private final Gauge sizeBytes;
  private final Gauge quotaBytes;
  private final Gauge cacheBytes;
  private final Gauge zeoConnections;

  /**
   * What is looked at when somebody asks.
   *
   * @param groups this node's part in each Raft group, by name
   * @param ready whether the node is ready to serve
   * @param cacheBytes memory that RocksDB uses
   * @param zeoConnections open connections of ZEO clients
   */
  public record Sources(
      Supplier<Map<String, ClusterControl>> groups,
      Supplier<List<StorageState>> storages,
      BooleanSupplier ready,
      LongSupplier cacheBytes,
      LongSupplier zeoConnections) {}

  public NodeMetrics(String nodeId, Sources sources) {
    this.sources = sources;
    transactions = new TransactionMetrics(registry);
    groups = new GroupMetrics(nodeId, registry);
    ready = gauge("troika_ready", "1 if this node is ready to serve, as /readyz says, else 0.");
    objects = ofStorage("troika_storage_objects", "Objects that exist.");
    storedTransactions = ofStorage("troika_storage_transactions", "Transactions in the history.");
    dataBytes = ofStorage("troika_storage_data_bytes", "Data of all revisions, uncompressed.");
    sizeBytes =
        ofStorage("troika_storage_size_bytes", "Data of all revisions and blobs, uncompressed.");
    quotaBytes =
        ofStorage("troika_storage_quota_bytes", "How large it may become, where that is limited.");
    cacheBytes =
        gauge("troika_rocksdb_memory_bytes", "Block cache and memtables of RocksDB in memory.");
    zeoConnections = gauge("troika_zeo_connections", "Open connections of ZEO clients.");
    JvmMetrics.builder().register(registry);
  }

  /**
   * The node's disk.
   *
   * @param usableBytes what is free for the node
   * @param full whether transactions are refused for lack of room
   */
  public void disk(LongSupplier usableBytes, BooleanSupplier full) {
    GaugeWithCallback.builder()
        .name("troika_disk_free_bytes")
        .help("Free for this node on the disk of its data directory.")
        .callback(callback -> callback.call((double) usableBytes.getAsLong()))
        .register(registry);
    GaugeWithCallback.builder()
        .name("troika_disk_full")
        .help("1 while this node takes no transactions for lack of room, else 0.")
        .callback(callback -> callback.call(full.getAsBoolean() ? 1 : 0))
        .register(registry);
  }

  /**
   * The node's clock.
   *
   * @param ahead how far it is before the median of all nodes' clocks
   */
  public void clock(Supplier<Duration> ahead) {
    GaugeWithCallback.builder()
        .name("troika_clock_ahead_seconds")
        .help("This node's clock minus the median of all nodes' clocks.")
        .callback(callback -> callback.call(ahead.get().toMillis() / MILLIS_PER_SECOND))
        .register(registry);
  }

  /**
   * Clients that ask for more than they may have a second.
   *
   * @param refused their calls that were refused
   * @param paced how often reading from one was put off
   */
  public void rates(LongSupplier refused, LongSupplier paced) {
    CounterWithCallback.builder()
        .name("troika_client_rate_exceeded_total")
        .help("Times that a client asked for more than it may have a second, by what was done.")
        .labelNames("action")
        .callback(
            callback -> {
              callback.call((double) refused.getAsLong(), "refused");
              callback.call((double) paced.getAsLong(), "paced");
            })
        .register(registry);
  }

  /**
   * Clients that reach this node and not the leader.
   *
   * @param calls of theirs that were passed on to it
   */
  public void passedOn(LongSupplier calls) {
    CounterWithCallback.builder()
        .name("troika_calls_passed_on_total")
        .help("Calls passed on to the leader for clients that do not reach it.")
        .callback(callback -> callback.call((double) calls.getAsLong()))
        .register(registry);
  }

  /**
   * For numbers that others know of each Raft group.
   *
   * @param ofGroups what they know now, by the group's name; asked once a page
   */
  public <T> Figures<T> figures(Supplier<Map<String, T>> ofGroups) {
    return new Figures<>(registry, ofGroups);
  }

  /** Who is connected. */
  public void feeds(Supplier<List<InvalidationFeed>> feeds) {
    FeedMetrics.register(registry, feeds);
  }

  /** Caches that were verified. */
  public void verifications(Supplier<List<CacheVerifications>> verifications) {
    CounterWithCallback.builder()
        .name("troika_cache_verifications_total")
        .help("Times that a client asked what changed since it last heard, by what it keeps.")
        .labelNames("result")
        .callback(
            callback -> {
              callback.call(sum(verifications, CacheVerifications::keptCount), "kept");
              callback.call(sum(verifications, CacheVerifications::droppedCount), "dropped");
            })
        .register(registry);
  }

  private static double sum(
      Supplier<List<CacheVerifications>> verifications, ToLongFunction<CacheVerifications> count) {
    return (double) verifications.get().stream().mapToLong(count).sum();
  }

  private Gauge gauge(String name, String help) {
    return Gauge.builder().name(name).help(help).register(registry);
  }

  private Gauge ofStorage(String name, String help) {
    return Gauge.builder().name(name).help(help).labelNames("storage").register(registry);
  }

  /** To be told how transactions end. */
  public TransactionListener transactions() {
    return transactions;
  }

  /** Prometheus's text format. Waits for the other nodes' answers, a few seconds at most. */
  public synchronized String page() {
    lookAtGroups();
    ready.set(sources.ready().getAsBoolean() ? 1 : 0);
    // Storages may have been renamed or dropped since.
    List.of(objects, storedTransactions, dataBytes, sizeBytes, quotaBytes).forEach(Gauge::clear);
    for (StorageState storage : sources.storages().get()) {
      objects.labelValues(storage.name()).set((double) storage.objectCount());
      storedTransactions.labelValues(storage.name()).set((double) storage.transactionCount());
      dataBytes.labelValues(storage.name()).set((double) storage.dataBytes());
      sizeBytes.labelValues(storage.name()).set((double) storage.sizeBytes());
      if (storage.hasQuota()) {
        quotaBytes.labelValues(storage.name()).set((double) storage.quotaBytes());
      }
    }
    cacheBytes.set((double) sources.cacheBytes().getAsLong());
    zeoConnections.set((double) sources.zeoConnections().getAsLong());
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create()
          .write(text, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString(UTF_8);
  }

  private void lookAtGroups() {
    try {
      groups.set(
          ClusterControl.membersOf(sources.groups().get())
              .get(MEMBERS_MAX.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("metrics tell the groups as they were before: they could not be looked at", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
