package io.troika.server.node;

import io.troika.server.metrics.Figures;
import io.troika.server.raft.division.LogSyncs;
import io.troika.server.storage.rocksdb.RocksFigures;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** What a node's metrics tell of its log and of its database on disk. */
public final class DiskFigures {
  private final Figures figures;
  private final Supplier<RocksFigures> database;

  private DiskFigures(Figures figures, Supplier<RocksFigures> database) {
    this.figures = figures;
    this.database = database;
  }

  /** From now on the figures are among the metrics. */
  public static void tell(
      Figures figures, Supplier<RocksFigures> database, Supplier<LogSyncs> syncs) {
    figures
        .counter(
            "troika_raft_log_syncs_total",
            "Calls of fsync for the Raft log since the node started.",
            () -> syncs.get().count())
        .gauges(
            "troika_raft_log_sync_seconds",
            "What fsync of the Raft log takes lately, by quantile.",
            "quantile",
            Map.of(
                "0.5", () -> syncs.get().medianSeconds(),
                "0.99", () -> syncs.get().p99Seconds(),
                "1", () -> syncs.get().maxSeconds()));
    new DiskFigures(figures, database).tellDatabase();
  }

  private void tellDatabase() {
    gauge(
        "troika_rocksdb_memtable_bytes",
        "What is not in files of the database yet.",
        RocksFigures::memtableBytes);
    gauge(
        "troika_rocksdb_block_cache_bytes",
        "The block cache of the database, memtables included.",
        RocksFigures::blockCacheBytes);
    gauge(
        "troika_rocksdb_table_bytes",
        "Live files of the database, compressed.",
        RocksFigures::tableBytes);
    gauge(
        "troika_rocksdb_pending_compaction_bytes",
        "What compactions have to rewrite, about.",
        RocksFigures::pendingCompactionBytes);
    gauge(
        "troika_rocksdb_running_compactions",
        "Compactions and flushes that run now.",
        RocksFigures::runningCompactions);
    gauge(
        "troika_rocksdb_writes_stopped",
        "1 while the database takes no writes until a flush or a compaction is done.",
        now -> now.writesStopped() ? 1 : 0);
    counter(
        "troika_rocksdb_stalls_total",
        "Times that the database slowed or stopped writing since it was opened.",
        RocksFigures::stalls);
    counter(
        "troika_rocksdb_background_errors_total",
        "Flushes and compactions that failed since the database was opened.",
        RocksFigures::backgroundErrors);
  }

  private void gauge(String name, String help, ToLongFunction<RocksFigures> value) {
    figures.gauge(name, help, () -> value.applyAsLong(database.get()));
  }

  private void counter(String name, String help, ToLongFunction<RocksFigures> value) {
    figures.counter(name, help, () -> value.applyAsLong(database.get()));
  }
}
