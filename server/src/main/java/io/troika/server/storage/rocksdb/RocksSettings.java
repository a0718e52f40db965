package io.troika.server.storage.rocksdb;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * What RocksDB may use in one process, all databases together.
 *
 * @param blockCacheBytes blocks, indexes and filters read from files, 1 MiB or more
 * @param memtableBytes what was written and not flushed yet, 1 MiB or more. An explicit flush has
 *     at most about half of it to write; the Raft log must hold what is in it
 * @param openFilesMax file descriptors held by one database, 64 or more
 * @param backgroundThreads flushes and compactions of one database at once, 2 or more
 * @param newestRevisionsBytes heap for revisions written lately, for each database; 0: none
 */
public record RocksSettings(
    long blockCacheBytes,
    long memtableBytes,
    int openFilesMax,
    int backgroundThreads,
    long newestRevisionsBytes) {
  private static final long BYTES_MIN = 1 << 20;
  static final int OPEN_FILES_MIN = 64;

  public static final RocksSettings DEFAULT =
      new RocksSettings(64L << 20, 64L << 20, 512, 2, 16L << 20);

  public RocksSettings {
    requireArgument(
        blockCacheBytes >= BYTES_MIN,
        "block cache of %s bytes: expected %s or more",
        blockCacheBytes,
        BYTES_MIN);
    requireArgument(
        memtableBytes >= BYTES_MIN,
        "memtables of %s bytes: expected %s or more",
        memtableBytes,
        BYTES_MIN);
    requireArgument(
        openFilesMax >= OPEN_FILES_MIN,
        "%s open files: expected %s or more",
        openFilesMax,
        OPEN_FILES_MIN);
    requireArgument(
        backgroundThreads >= 2,
        "%s background threads: expected 2 or more, a flush must not wait for a compaction",
        backgroundThreads);
    requireArgument(
        newestRevisionsBytes >= 0,
        "newest revisions of %s bytes: expected 0 or more",
        newestRevisionsBytes);
  }

  /** The defaults with other sizes. */
  public static RocksSettings ofMemory(long blockCacheBytes, long memtableBytes) {
    return new RocksSettings(
        blockCacheBytes,
        memtableBytes,
        DEFAULT.openFilesMax(),
        DEFAULT.backgroundThreads(),
        DEFAULT.newestRevisionsBytes());
  }
}
