package io.troika.server.storage.rocksdb;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.troika.server.log.UnknownFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.rocksdb.util.StdErrLogger;

/**
 * One open RocksDB database with all that is native about it: options, handles, and their closing
 * in the right order. Safe for any thread, except that nobody may use it (or a cursor of it) while
 * or after it is closed: that would crash the JVM. {@link RocksRevisionStore} sees to that.
 */
final class RocksDatabase implements AutoCloseable {
  private static final int MEMTABLES_MAX = 6;
  private static final int MEMTABLE_SHARE = 4;
  private static final int LOG_FILES_KEPT = 2;
  private static final long LOG_FILE_BYTES_MAX = 8 << 20;

  // Closed from the last to the first.
  private final Deque<AutoCloseable> natives = new ArrayDeque<>();
  private final Map<Family, ColumnFamilyHandle> handles = new EnumMap<>(Family.class);
  private final RocksDB db;
  private final WriteOptions withoutWal;
  private final ReadOptions wholeOrder;
  private final ReadOptions withinPrefix;
  private final ReadOptions persistedOnly;
  private final FlushOptions waiting;

  /** Opens the database, which is created if there is none. */
  static RocksDatabase open(Path directory, RocksResources resources) throws IOException {
    Files.createDirectories(directory);
    return new RocksDatabase(directory, resources, false);
  }

  /** Opens an existing database, changing nothing in its directory. */
  static RocksDatabase openReadOnly(Path directory, RocksResources resources) throws IOException {
    return new RocksDatabase(directory, resources, true);
  }

  private RocksDatabase(Path directory, RocksResources resources, boolean readOnly)
      throws IOException {
    try {
      requireKnownFamilies(directory);
      DBOptions options = keep(databaseOptions(resources));
      if (readOnly) {
        // Without a logger of its own it would put its log file into the directory.
        options.setLogger(keep(new StdErrLogger(InfoLogLevel.FATAL_LEVEL)));
      }
      List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
      for (Family family : Family.values()) {
        ColumnFamilyOptions familyOptions = keep(familyOptions(family, resources));
        descriptors.add(
            new ColumnFamilyDescriptor(family.text().getBytes(US_ASCII), familyOptions));
      }
      List<ColumnFamilyHandle> opened = new ArrayList<>();
      String path = directory.toString();
      db =
          keep(
              readOnly
                  ? RocksDB.openReadOnly(options, path, descriptors, opened)
                  : RocksDB.open(options, path, descriptors, opened));
      Iterator<ColumnFamilyHandle> inOrder = opened.iterator();
      for (Family family : Family.values()) {
        handles.put(family, keep(inOrder.next()));
      }
      withoutWal = keep(new WriteOptions().setDisableWAL(true));
      wholeOrder = keep(new ReadOptions().setTotalOrderSeek(true));
      withinPrefix = keep(new ReadOptions().setPrefixSameAsStart(true));
      persistedOnly = keep(new ReadOptions().setReadTier(ReadTier.PERSISTED_TIER));
      waiting = keep(new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true));
    } catch (RocksDBException e) {
      close();
      throw StorageFailure.asIoException("opening the database in " + directory, e);
    }
  }

  /** RocksDB would refuse them too, but not say why. */
  private static void requireKnownFamilies(Path directory) throws RocksDBException {
    if (!Files.exists(directory.resolve("CURRENT"))) {
      return;
    }
    try (Options options = new Options()) {
      List<String> known = Arrays.stream(Family.values()).map(Family::text).toList();
      for (byte[] found : RocksDB.listColumnFamilies(options, directory.toString())) {
        String name = new String(found, US_ASCII);
        if (!known.contains(name)) {
          throw new UnknownFormatException(
              "the database in %s has a column family '%s'; this version of the server knows %s"
                  .formatted(directory, name, known));
        }
      }
    }
  }

  private <T extends AutoCloseable> T keep(T closeable) {
    natives.push(closeable);
    return closeable;
  }

  private static DBOptions databaseOptions(RocksResources resources) {
    RocksSettings settings = resources.settings();
    return new DBOptions()
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        // All families go to disk together or not at all: without a log this is what makes a
        // change set atomic.
        .setAtomicFlush(true)
        .setWriteBufferManager(resources.memtables())
        .setMaxOpenFiles(settings.openFilesMax())
        .setMaxBackgroundJobs(settings.backgroundThreads())
        // The last reader of a file must not be the one who waits for its deletion.
        .setAvoidUnnecessaryBlockingIO(true)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(LOG_FILE_BYTES_MAX)
        .setKeepLogFileNum(LOG_FILES_KEPT);
  }

  private static ColumnFamilyOptions familyOptions(Family family, RocksResources resources) {
    ColumnFamilyOptions options =
        new ColumnFamilyOptions()
            .setTableFormatConfig(resources.tableConfig())
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            // Small ones, written in the background all the time: a flush that somebody waits for
            // then has little left to do, and a write seldom waits for room.
            .setWriteBufferSize(resources.settings().memtableBytes() / MEMTABLE_SHARE)
            .setMaxWriteBufferNumber(MEMTABLES_MAX);
    family.tune(options);
    return options;
  }

  byte @Nullable [] get(Family family, byte[] key) {
    return get(family, wholeOrder, key);
  }

  /** What a crash would leave: memtables are not looked at. */
  byte @Nullable [] getPersisted(Family family, byte[] key) {
    return get(family, persistedOnly, key);
  }

  private byte @Nullable [] get(Family family, ReadOptions options, byte[] key) {
    try {
      return db.get(handle(family), options, key);
    } catch (RocksDBException e) {
      throw StorageFailure.of("reading " + family, e);
    }
  }

  /** Over all keys, in order. */
  Cursor cursor(Family family) {
    return new Cursor(family, db.newIterator(handle(family), wholeOrder));
  }

  /** Ends where the prefix of the key that was sought ends; asks the bloom filters first. */
  Cursor cursorWithinPrefix(Family family) {
    return new Cursor(family, db.newIterator(handle(family), withinPrefix));
  }

  /** Reads of one moment, whatever is written meanwhile. */
  Frozen freeze() {
    return new Frozen();
  }

  void write(WriteBatch batch) {
    try {
      db.write(withoutWal, batch);
    } catch (RocksDBException e) {
      throw StorageFailure.of("writing", e);
    }
  }

  ColumnFamilyHandle handle(Family family) {
    return Objects.requireNonNull(handles.get(family));
  }

  /** Waits until all that was written before the call is on disk, all families as of one moment. */
  void flush() throws IOException {
    try {
      db.flush(waiting, List.copyOf(handles.values()));
    } catch (RocksDBException e) {
      throw StorageFailure.asIoException("flushing", e);
    }
  }

  /**
   * Compacts what is in a range of keys, {@code to} exclusive, on this thread.
   *
   * @param options when they are cancelled it ends early
   */
  void compact(Family family, byte[] from, byte[] to, CompactRangeOptions options) {
    try {
      db.compactRange(handle(family), from, to, options);
    } catch (RocksDBException e) {
      if (!options.canceled()) {
        throw StorageFailure.of("compacting " + family, e);
      }
    }
  }

  /**
   * Large values of a family.
   *
   * @param bytes of the files that they are in
   * @param garbageBytes those of values that compaction has dropped
   */
  record BlobFiles(long bytes, long garbageBytes) {}

  BlobFiles blobFiles(Family family) {
    try {
      return new BlobFiles(
          db.getLongProperty(handle(family), "rocksdb.live-blob-file-size"),
          db.getLongProperty(handle(family), "rocksdb.live-blob-file-garbage-size"));
    } catch (RocksDBException e) {
      throw StorageFailure.of("asking for the blob files of " + family, e);
    }
  }

  /** From now on compactions move what is alive out of the oldest blob files, or don't. */
  void collectBlobGarbage(Family family, boolean wanted) {
    try {
      db.setOptions(
          handle(family),
          MutableColumnFamilyOptions.builder().setEnableBlobGarbageCollection(wanted).build());
    } catch (RocksDBException e) {
      throw StorageFailure.of("changing options of " + family, e);
    }
  }

  /** Flushes, then makes a copy by hard links in {@code directory}, which must not exist. */
  void checkpoint(Path directory) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.create(db)) {
      checkpoint.createCheckpoint(directory.toString());
    } catch (RocksDBException e) {
      throw StorageFailure.asIoException("making a checkpoint in " + directory, e);
    }
  }

  /** Reads every block of every table and compares it with its checksum. */
  void verifyChecksums() {
    try {
      db.verifyChecksum();
    } catch (RocksDBException e) {
      throw StorageFailure.of("verifying checksums", e);
    }
  }

  /** How it is doing. Cheap: numbers that RocksDB keeps anyway. */
  RocksFigures figures() {
    try {
      long stalls = 0;
      for (ColumnFamilyHandle handle : handles.values()) {
        Map<String, String> counts = db.getMapProperty(handle, "rocksdb.cf-write-stall-stats");
        stalls += number(counts, "total-delays") + number(counts, "total-stops");
      }
      Map<String, String> shared = db.getMapProperty("rocksdb.db-write-stall-stats");
      return new RocksFigures(
          db.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables"),
          db.getAggregatedLongProperty("rocksdb.live-sst-files-size")
              + db.getAggregatedLongProperty("rocksdb.live-blob-file-size"),
          db.getAggregatedLongProperty("rocksdb.estimate-pending-compaction-bytes"),
          db.getLongProperty("rocksdb.num-running-compactions")
              + db.getLongProperty("rocksdb.num-running-flushes"),
          stalls + number(shared, "write-buffer-manager-limit-stops"),
          db.getLongProperty("rocksdb.is-write-stopped") > 0,
          db.getLongProperty("rocksdb.background-errors"));
    } catch (RocksDBException e) {
      throw StorageFailure.of("asking the database how it is", e);
    }
  }

  private static long number(Map<String, String> counts, String name) {
    String text = counts.get(name);
    if (text == null) {
      throw new IllegalStateException("RocksDB does not tell " + name + ", but " + counts.keySet());
    }
    return Long.parseLong(text);
  }

  @Override
  public void close() {
    while (!natives.isEmpty()) {
      try {
        natives.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("closing a native object of RocksDB", e);
      }
    }
  }

  /** The state of one moment. Close it: it keeps old data from being dropped. */
  final class Frozen implements AutoCloseable {
    private final Snapshot snapshot = db.getSnapshot();
    private final ReadOptions options =
        new ReadOptions().setTotalOrderSeek(true).setSnapshot(snapshot);

    byte @Nullable [] get(Family family, byte[] key) {
      return RocksDatabase.this.get(family, options, key);
    }

    Cursor cursor(Family family) {
      return new Cursor(family, db.newIterator(handle(family), options));
    }

    @Override
    public void close() {
      options.close();
      db.releaseSnapshot(snapshot);
    }
  }
}
