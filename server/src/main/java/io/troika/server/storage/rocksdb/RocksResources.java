package io.troika.server.storage.rocksdb;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.Filter;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.WriteBufferManager;

/**
 * The native memory that all databases of a process share, so that its bound does not grow with
 * their number. Make one, open stores with it, close it after the last of them.
 *
 * <p>One LRU cache is the bound: memtables are charged to it too, so its capacity is the sum of the
 * two settings. Safe for any thread.
 */
public final class RocksResources implements AutoCloseable {
  private static final double FILTER_BITS_PER_KEY = 10;
  private static final int BLOCK_BYTES = 8 << 10;
  private static final int METADATA_BLOCK_BYTES = 4 << 10;
  private static final int CACHE_SHARD_BITS = 2;

  /** What each further database has of what is not shared, in parts of what the first one has. */
  private static final int FURTHER_DIVISOR = 4;

  private final RocksSettings settings;
  private final Cache cache;
  private final WriteBufferManager memtables;
  private final Filter filter;
  private final boolean isOwner;

  private RocksResources(RocksResources owner, RocksSettings settings) {
    this.settings = settings;
    cache = owner.cache;
    memtables = owner.memtables;
    filter = owner.filter;
    isOwner = false;
  }

  /**
   * @throws java.io.UncheckedIOException if RocksDB's library can't be loaded from {@code
   *     java.io.tmpdir}, to which it is unpacked
   */
  public RocksResources(RocksSettings settings) {
    NativeLibrary.load();
    this.settings = settings;
    isOwner = true;
    cache =
        new LRUCache(
            settings.blockCacheBytes() + settings.memtableBytes(), CACHE_SHARD_BITS, false);
    memtables = new WriteBufferManager(settings.memtableBytes(), cache);
    filter = new BloomFilter(FILTER_BITS_PER_KEY);
  }

  RocksSettings settings() {
    return settings;
  }

  WriteBufferManager memtables() {
    return memtables;
  }

  /**
   * How tables are written and read. Indexes and filters are cut into blocks and live in the cache:
   * otherwise they would grow with the data, outside of any bound.
   */
  BlockBasedTableConfig tableConfig() {
    return new BlockBasedTableConfig()
        .setBlockCache(cache)
        .setBlockSize(BLOCK_BYTES)
        .setMetadataBlockSize(METADATA_BLOCK_BYTES)
        .setCacheIndexAndFilterBlocks(true)
        .setCacheIndexAndFilterBlocksWithHighPriority(true)
        .setPinL0FilterAndIndexBlocksInCache(true)
        .setPinTopLevelIndexAndFilter(true)
        .setIndexType(IndexType.kTwoLevelIndexSearch)
        .setPartitionFilters(true)
        .setFilterPolicy(filter)
        .setWholeKeyFiltering(true);
  }

  /** Bytes in the cache now, memtables included. */
  public long usedBytes() {
    return cache.getUsage();
  }

  /**
   * The same memory for the databases of further Raft groups. What each database has for itself
   * (open files, the heap for revisions written lately) is a fourth of what the first one has.
   * Needs not be closed.
   */
  public RocksResources forFurtherGroups() {
    return new RocksResources(
        this,
        new RocksSettings(
            settings.blockCacheBytes(),
            settings.memtableBytes(),
            Math.max(RocksSettings.OPEN_FILES_MIN, settings.openFilesMax() / FURTHER_DIVISOR),
            settings.backgroundThreads(),
            settings.newestRevisionsBytes() / FURTHER_DIVISOR));
  }

  @Override
  public void close() {
    if (!isOwner) {
      return;
    }
    memtables.close();
    filter.close();
    cache.close();
  }
}
