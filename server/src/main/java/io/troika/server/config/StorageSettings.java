package io.troika.server.config;

import static io.troika.server.config.Setting.GIB;
import static io.troika.server.config.Setting.MIB;
import static io.troika.server.config.Setting.Unit.BYTES;

import com.typesafe.config.Config;
import io.troika.server.config.NodeConfig.StorageConfig;
import java.util.List;
import java.util.function.ToLongFunction;

/** The section {@code storage}. */
final class StorageSettings {
  static final Setting BLOCK_CACHE_SIZE =
      storage(
          "block-cache-size",
          MIB,
          1_024 * GIB,
          StorageConfig::blockCacheBytes,
          "Memory for blocks read from disk, beside the Java heap; all groups of the node share it.");
  static final Setting MEMTABLE_SIZE =
      storage(
          "memtable-size",
          MIB,
          64 * GIB,
          StorageConfig::memtableBytes,
          "Memory for what is not yet flushed to disk, beside the heap; all groups share it.");
  static final Setting DISK_RESERVE =
      storage(
          "disk-reserve",
          0,
          1_024 * GIB,
          StorageConfig::diskReserveBytes,
          "With less than this free on its disk a leader hands over, or takes no more transactions"
              + " (reads go on); with half of it a follower takes no more entries. Both end by"
              + " themselves when there is room again. 0: writes go on until one fails, and that"
              + " stops the node.");

  static final List<Setting> ALL = List.of(BLOCK_CACHE_SIZE, MEMTABLE_SIZE, DISK_RESERVE);

  private StorageSettings() {}

  static StorageConfig read(Config config, NodeConfig defaults) {
    return new StorageConfig(
        BLOCK_CACHE_SIZE.read(config, defaults),
        MEMTABLE_SIZE.read(config, defaults),
        DISK_RESERVE.read(config, defaults));
  }

  private static Setting storage(
      String key, long min, long max, ToLongFunction<StorageConfig> current, String description) {
    return new Setting(
        "storage." + key, BYTES, min, max, c -> current.applyAsLong(c.storage()), description);
  }
}
