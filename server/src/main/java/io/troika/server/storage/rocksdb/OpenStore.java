package io.troika.server.storage.rocksdb;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.log.UnknownFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * An open database with what is kept in memory beside it. Readers of any thread; one writer at a
 * time, and no call after {@link #close}: {@link RocksRevisionStore} sees to both.
 */
final class OpenStore implements AutoCloseable {
  private static final int FLUSHES_MAX = 10_000;
  private static final long FLUSH_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Whose outcomes are looked for in memory first: about 1 MiB. */
  private static final int CLIENTS_KNOWN_MAX = 10_000;

  private final RocksDatabase database;
  private final NewestRevisions newestRevisions;
  private final NewestOutcomes newestOutcomes;
  private final RevisionQueries queries;
  private final ChangeBatch batch;
  private final ForwardCheck forwardCheck;
  private final DroppedStorages dropped;
  private final BlobFileGarbage garbage;
  private final CompactRangeOptions compaction =
      new CompactRangeOptions().setExclusiveManualCompaction(false);
  private final SpaceReturn spaceReturn = new SpaceReturn(new SpaceWork());
  private final BlobQueries blobs;
  private final StagedReads reads;
  private final FileChecksums checksums = new FileChecksums();
  private volatile PublishedState published;

  /**
   * No remembered outcome expires before this. Expiries are deleted where the next search for them
   * begins, and RocksDB walks over what was deleted; from here on it has little to walk over, and
   * most of the time nothing needs to be asked at all. Changed by the writer alone.
   */
  private volatile long earliestExpiryMillis;

  private OpenStore(RocksDatabase database, RocksResources resources, LongSupplier nanoTime) {
    this.database = database;
    newestRevisions = new NewestRevisions(resources.settings().newestRevisionsBytes());
    queries = new RevisionQueries(database, newestRevisions);
    newestOutcomes = new NewestOutcomes(CLIENTS_KNOWN_MAX, queries::newestSequence);
    blobs = new BlobQueries(database);
    reads = new StagedReads(queries, blobs);
    batch = new ChangeBatch(database);
    forwardCheck = new ForwardCheck(queries);
    dropped = new DroppedStorages(database, nanoTime);
    garbage = new BlobFileGarbage(database);
    published = queries.state();
    earliestExpiryMillis = queries.earliestExpiryMillis(0);
  }

  /** Opens the database in {@code directory}; a new one gets its format version at once. */
  static OpenStore open(Path directory, RocksResources resources) throws IOException {
    return open(directory, resources, System::nanoTime);
  }

  /** The same by another clock. */
  static OpenStore open(Path directory, RocksResources resources, LongSupplier nanoTime)
      throws IOException {
    RocksDatabase database = RocksDatabase.open(directory, resources);
    try {
      if (database.get(Family.META, Keys.format()) == null) {
        initialize(database, directory);
      }
      requireKnownFormat(database, directory);
      OpenStore store = new OpenStore(database, resources, nanoTime);
      store.dropped.deleteOlder(store.published);
      if (store.dropped.hasDeleted()) {
        store.spaceReturn.soon();
      }
      return store;
    } catch (IOException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** Opens the database in {@code directory} for reading; nothing there changes. */
  static OpenStore openReadOnly(Path directory, RocksResources resources) throws IOException {
    RocksDatabase database = RocksDatabase.openReadOnly(directory, resources);
    try {
      requireKnownFormat(database, directory);
      return new OpenStore(database, resources, System::nanoTime);
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  private static void initialize(RocksDatabase database, Path directory) throws IOException {
    for (Family family : Family.values()) {
      try (Cursor cursor = database.cursor(family)) {
        checkInvariant(
            !cursor.seekToFirst(),
            "the database in %s has data in %s and no format version",
            directory,
            family);
      }
    }
    try (WriteBatch batch = new WriteBatch()) {
      byte[] version = Values.encodeFormat(Values.FORMAT_VERSION);
      batch.put(database.handle(Family.META), Keys.format(), version);
      database.write(batch);
    } catch (RocksDBException e) {
      throw StorageFailure.asIoException("writing the format version", e);
    }
    database.flush();
  }

  private static void requireKnownFormat(RocksDatabase database, Path directory) {
    byte[] format = database.get(Family.META, Keys.format());
    if (format == null) {
      throw new InvariantViolation("the database in " + directory + " has no format version");
    }
    int version = Values.decodeFormat(format);
    if (version != Values.FORMAT_VERSION) {
      throw new UnknownFormatException(
          "the database in %s has format %d; this version of the server reads format %d"
              .formatted(directory, version, Values.FORMAT_VERSION));
    }
  }

  RocksDatabase database() {
    return database;
  }

  RevisionQueries queries() {
    return queries;
  }

  BlobQueries blobs() {
    return blobs;
  }

  StagedReads reads() {
    return reads;
  }

  FileChecksums checksums() {
    return checksums;
  }

  PublishedState published() {
    return published;
  }

  @Nullable TransactionOutcome outcome(TransactionId id) {
    return newestOutcomes.mayBeRecorded(id) ? queries.outcome(id) : null;
  }

  void write(ChangeSet changes) {
    forwardCheck.check(changes, published);
    List<ExpiringOutcome> replaced = recorded(changes.outcomes());
    newestOutcomes.recording(changes.outcomes());
    // Lowered before the outcomes can be seen, raised only after the forgotten ones are gone.
    for (ExpiringOutcome remembered : changes.outcomes()) {
      earliestExpiryMillis = Math.min(earliestExpiryMillis, remembered.expiresMillis());
    }
    newestRevisions.packing(changes.pack());
    newestRevisions.writing(changes.revisions());
    batch.write(changes, replaced);
    forwardCheck.written(changes);
    newestRevisions.written(changes.revisions());
    blobs.staged().written(changes.blobs());
    // After the data: whoever learns of a tid finds its revisions.
    published = published.after(changes);
    for (StorageId storage : changes.dropped()) {
      newestRevisions.dropped(storage);
      blobs.staged().dropped(storage);
      dropped.add(storage);
      spaceReturn.later();
    }
    if (!changes.forgottenOutcomes().isEmpty()) {
      earliestExpiryMillis = queries.earliestExpiryMillis(earliestExpiryMillis);
    }
  }

  /** What is recorded of those already; of nearly all that is nothing, and not asked for. */
  private List<ExpiringOutcome> recorded(List<ExpiringOutcome> outcomes) {
    List<ExpiringOutcome> recorded = new ArrayList<>(0);
    for (ExpiringOutcome outcome : outcomes) {
      if (newestOutcomes.mayBeRecorded(outcome.id())) {
        ExpiringOutcome known = queries.expiringOutcome(outcome.id());
        if (known != null) {
          recorded.add(known);
        }
      }
    }
    return recorded;
  }

  List<ExpiringOutcome> expiredOutcomes(long timeMillis, int limit) {
    long from = earliestExpiryMillis;
    return timeMillis < from ? List.of() : queries.expiredOutcomes(from, timeMillis, limit);
  }

  /**
   * Makes what is applied durable. RocksDB's atomic flush returns too early now and then (3 of
   * 1,000 were seen), when one in the background, of memtables that are full, runs beside it: so it
   * is asked again until the position is on disk, and with it, as families are flushed together,
   * all that belongs to it.
   */
  LogPosition flush() throws IOException {
    LogPosition applied = published.group().applied();
    dropped.delete(false);
    for (int asked = 0; asked < FLUSHES_MAX; asked++) {
      database.flush();
      if (flushedPosition().compareTo(applied) >= 0) {
        garbage.look();
        return applied;
      }
      LockSupport.parkNanos(FLUSH_PAUSE_NANOS);
    }
    throw new IOException(
        "RocksDB says that it has flushed, but %s is not on disk, %s is"
            .formatted(applied, flushedPosition()));
  }

  /** The rows of dropped storages go, as far as they may, and their space is given back. */
  void giveSpaceBack() throws IOException {
    flush();
    dropped.giveSpaceBack(compaction);
    garbage.look();
  }

  private final class SpaceWork implements SpaceReturn.Work {
    @Override
    public void run() throws IOException {
      giveSpaceBack();
    }

    @Override
    public void cancel() {
      compaction.setCanceled(true);
    }
  }

  /** Deletes the rows of all that was dropped, for whoever is going to look at every row. */
  void deleteDropped() {
    dropped.delete(true);
  }

  LogPosition flushedPosition() {
    byte[] group = database.getPersisted(Family.META, Keys.group());
    return group == null ? LogPosition.NONE : Values.decodeGroup(group).applied();
  }

  @Override
  public void close() {
    spaceReturn.close();
    compaction.close();
    batch.close();
    database.close();
  }
}
