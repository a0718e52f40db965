package io.troika.server.node;

import io.troika.server.metrics.Figures;
import io.troika.server.metrics.NodeMetrics;
import io.troika.server.raft.division.LogSyncs;
import io.troika.server.storage.rocksdb.RocksFigures;
import java.util.Map;
import java.util.function.Supplier;

/** What a node's metrics tell of each group's log and database on disk. */
public final class DiskFigures {
  private DiskFigures() {}

  /**
   * From now on the figures are among the metrics.
   *
   * @param databases of this node, by group
   * @param syncs of the logs of this node, by group
   */
  public static void tell(
      NodeMetrics metrics,
      Supplier<Map<String, RocksFigures>> databases,
      Supplier<Map<String, LogSyncs>> syncs) {
    tellLogs(metrics.figures(syncs));
    tellDatabases(metrics.figures(databases));
  }

  private static void tellLogs(Figures<LogSyncs> figures) {
    var unused =
        figures
            .counter(
                "troika_raft_log_syncs",
                "Calls of fsync for the Raft log since the node took part in the group.",
                LogSyncs::count)
            .gauges(
                "troika_raft_log_sync_seconds",
                "What fsync of the Raft log takes lately, by quantile.",
                "quantile",
                Map.of(
                    "0.5", LogSyncs::medianSeconds,
                    "0.99", LogSyncs::p99Seconds,
                    "1", LogSyncs::maxSeconds));
  }

  private static void tellDatabases(Figures<RocksFigures> figures) {
    var unused =
        figures
            .gauge(
                "troika_rocksdb_memtable_bytes",
                "What is not in files of the database yet.",
                RocksFigures::memtableBytes)
            .gauge(
                "troika_rocksdb_table_bytes",
                "Live files of the database, compressed.",
                RocksFigures::tableBytes)
            .gauge(
                "troika_rocksdb_pending_compaction_bytes",
                "What compactions have to rewrite, about.",
                RocksFigures::pendingCompactionBytes)
            .gauge(
                "troika_rocksdb_running_compactions",
                "Compactions and flushes that run now.",
                RocksFigures::runningCompactions)
            .gauge(
                "troika_rocksdb_writes_stopped",
                "1 while the database takes no writes until a flush or a compaction is done.",
                now -> now.writesStopped() ? 1 : 0)
            .counter(
                "troika_rocksdb_stalls",
                "Times that the database slowed or stopped writing since it was opened.",
                RocksFigures::stalls)
            .counter(
                "troika_rocksdb_background_errors",
                "Flushes and compactions that failed since the database was opened.",
                RocksFigures::backgroundErrors);
  }
}
