package io.troika.server.cli.backups;

import com.google.common.collect.Iterators;
import com.google.common.collect.PeekingIterator;
import io.troika.client.Freshness;
import io.troika.client.HistoryPackedException;
import io.troika.client.ObjectStore;
import io.troika.client.ReadView;
import io.troika.client.RecordedChange;
import io.troika.client.StorageInfo;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.UnknownBlobException;
import io.troika.client.UnknownTransactionException;
import io.troika.server.backup.BackupDirectory;
import io.troika.server.backup.BackupException;
import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.backup.SegmentWriter;
import io.troika.server.backup.SegmentWriter.BlobInput;
import io.troika.server.cli.options.HeapRoom;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Adds to a backup what a storage has and the backup does not: the transactions up to the newest
 * one when the run begins. Others go on writing.
 *
 * <p>Several transactions are asked for at once. Memory: those (8 MiB of data, or one larger
 * transaction, see {@link HeapRoom}) twice, and one block; of blobs a few MiB. Not thread-safe.
 */
public final class BackupRun {
  /** A segment ends once it has so many bytes: an interrupted run loses no more. */
  private static final long SEGMENT_BYTES = 256 << 20;

  /** Transactions that are asked for and not yet written. */
  private static final int WINDOW_MAX = 32;

  private static final long WINDOW_BYTES_MAX = 8 << 20;

  /** So often a pack may take blobs of one transaction away while it is being read. */
  private static final int PACKED_AWAY_MAX = 10;

  private final ObjectStore truth;
  private final ObjectStore source;
  private final BackupDirectory backup;
  private final Progress progress;
  private final long segmentBytes;
  private final ArrayDeque<UnderWay> window = new ArrayDeque<>();
  private long windowBytes;
  private long transactions;
  private long records;
  private BlobTotals blobs = BlobTotals.NONE;
  private long bytes;

  private BackupRun(
      ObjectStore truth,
      ObjectStore source,
      BackupDirectory backup,
      Progress progress,
      long segmentBytes) {
    this.truth = truth;
    this.source = source;
    this.backup = backup;
    this.progress = progress;
    this.segmentBytes = segmentBytes;
  }

  /** Told after each transaction, on the calling thread. */
  @FunctionalInterface
  public interface Progress {
    Progress NONE = (written, expected) -> {};

    /** So many transactions are written, of about so many. */
    void written(long transactions, long expected);
  }

  /** Empty: the transaction was packed away since it was listed. */
  private record UnderWay(
      TransactionRecord transaction, CompletableFuture<Optional<List<RecordedChange>>> changes) {}

  /**
   * Runs to the end, or throws; what is on disk then is gone on from by the next run.
   *
   * @param truth the storage as the leader knows it
   * @param source the same storage, as followers know it
   * @throws BackupException if the directory has something else in it, is being written by another
   *     process, or the storage's history is replaced meanwhile
   * @throws io.troika.client.TroikaException if the storage can't be read
   */
  public static BackupReport run(
      ObjectStore truth, ObjectStore source, Path directory, Progress progress) throws IOException {
    return run(truth, source, directory, progress, SEGMENT_BYTES);
  }

  static BackupReport run(
      ObjectStore truth, ObjectStore source, Path directory, Progress progress, long segmentBytes)
      throws IOException {
    StorageInfo storage = truth.info();
    try (BackupDirectory backup = BackupDirectory.open(directory, truth.name())) {
      return new BackupRun(truth, source, backup, progress, segmentBytes).run(storage);
    }
  }

  private BackupReport run(StorageInfo storage) throws IOException {
    boolean begun = backup.select(storage.uuid(), storage.epoch());
    Tid after = backup.chain().reached();
    Tid target = newest();
    if (target.compareTo(after) < 0) {
      throw new BackupException(
          ("storage %s: its last transaction is %s, the backup has %s; it lost transactions and is"
                  + " still called by the same epoch. Begin another backup elsewhere")
              .formatted(storage.name(), target, after));
    }
    write(after, target, storage);
    StorageInfo now = requireSameHistory(storage);
    backup.addPoint(Instant.now(), target, tid(now.packTid()));
    return new BackupReport(
        backup.chain().number(), begun, after, target, transactions, records, blobs, bytes);
  }

  /** From here on the source answers no older state. */
  private Tid newest() {
    ReadView view = source.view(Freshness.LINEARIZABLE);
    return tid(view.tid());
  }

  private void write(Tid after, Tid target, StorageInfo storage) throws IOException {
    SegmentWriter segment = backup.newSegment();
    try (Stream<TransactionRecord> found =
        source.transactions(TransactionQuery.after(new io.troika.client.Tid(after.value())))) {
      PeekingIterator<TransactionRecord> listed = Iterators.peekingIterator(found.iterator());
      boolean more = true;
      while (more) {
        more = fill(listed, target);
        if (!window.isEmpty()) {
          writeOldest(segment, storage.transactionCount());
        }
        if (segment.sizeBytes() >= segmentBytes || (!more && segment.transactions() > 0)) {
          add(segment, storage);
          segment = backup.newSegment();
        }
      }
    } finally {
      segment.close();
    }
  }

  private void add(SegmentWriter segment, StorageInfo storage) throws IOException {
    StorageInfo unused = requireSameHistory(storage);
    backup.add(segment);
    segment.close();
    List<Segment> all = backup.chain().segments();
    Segment added = all.get(all.size() - 1);
    bytes += added.sizeBytes();
    blobs = blobs.plus(added.blobs());
  }

  /**
   * Asks the leader: nobody has seen a replaced history that it does not know of. So what was read
   * before is of one history, whoever answered.
   */
  private StorageInfo requireSameHistory(StorageInfo before) throws BackupException {
    StorageInfo now = truth.info();
    if (!now.uuid().equals(before.uuid()) || now.epoch() != before.epoch()) {
      throw new BackupException(
          "storage %s: its history was replaced during the backup (epoch %s, now %s); run it again"
              .formatted(now.name(), before.epoch(), now.epoch()));
    }
    return now;
  }

  /** Asks for transactions while there is room; false once the window holds the last ones. */
  private boolean fill(PeekingIterator<TransactionRecord> listed, Tid target) throws IOException {
    while (window.size() < WINDOW_MAX) {
      TransactionRecord next = listed.hasNext() ? listed.peek() : null;
      if (next == null || tid(next.tid()).compareTo(target) > 0) {
        return !window.isEmpty();
      }
      if (!window.isEmpty() && windowBytes + next.sizeBytes() > WINDOW_BYTES_MAX) {
        return true;
      }
      HeapRoom.require(
          "storage %s: transaction %s".formatted(truth.name(), next.tid()), next.sizeBytes());
      window.add(new UnderWay(next, changes(next.tid())));
      windowBytes += next.sizeBytes();
      var unused = listed.next();
    }
    return true;
  }

  private CompletableFuture<Optional<List<RecordedChange>>> changes(io.troika.client.Tid tid) {
    return source
        .changesAsync(tid)
        .handle(
            (changes, failure) -> {
              if (failure == null) {
                return Optional.of(changes);
              }
              Throwable cause = failure.getCause() == null ? failure : failure.getCause();
              if (cause instanceof UnknownTransactionException) {
                return Optional.empty();
              }
              throw cause instanceof RuntimeException known
                  ? known
                  : new IllegalStateException(cause);
            });
  }

  private void writeOldest(SegmentWriter segment, long expected) throws IOException {
    UnderWay oldest = window.remove();
    TransactionRecord transaction = oldest.transaction();
    windowBytes -= transaction.sizeBytes();
    Optional<List<RecordedChange>> changes = Waiting.on(oldest.changes());
    for (int i = 0; changes.isPresent() && !add(segment, transaction, changes.get()); i++) {
      requirePackedAway(transaction, i);
      changes = Waiting.on(changes(transaction.tid()));
    }
    if (changes.isEmpty()) {
      requirePackedAway(transaction, 0);
      return;
    }
    transactions++;
    records += changes.get().size();
    progress.written(transactions, Math.max(transactions, expected));
  }

  /** False if one of its blobs is not there any more; then nothing was added. */
  private boolean add(
      SegmentWriter segment, TransactionRecord transaction, List<RecordedChange> changes)
      throws IOException {
    Map<Oid, BlobInput> inputs = new HashMap<>();
    List<RestoredRevision> revisions = new ArrayList<>(changes.size());
    for (RecordedChange change : changes) {
      RestoredRevision revision = Conversions.revision(change);
      revisions.add(revision);
      if (change.hasBlob()) {
        inputs.put(revision.oid(), () -> source.openBlob(change.oid(), transaction.tid()).stream());
      }
    }
    try {
      segment.add(
          new RestoredTransaction(
              tid(transaction.tid()),
              (char) transaction.status(),
              Conversions.metadata(transaction.metadata()),
              revisions),
          inputs);
      return true;
    } catch (UnknownBlobException | HistoryPackedException e) {
      return false;
    }
  }

  /**
   * Only a pack takes away what was listed, and not again and again.
   *
   * @param before how often that has happened to the transaction
   */
  private void requirePackedAway(TransactionRecord transaction, int before) throws BackupException {
    if (truth.info().packTid().compareTo(transaction.tid()) < 0 || before >= PACKED_AWAY_MAX) {
      throw new BackupException(
          "storage %s: transaction %s or a blob of it was listed and is not there, and the storage was not packed"
              .formatted(truth.name(), transaction.tid()));
    }
  }

  private static Tid tid(io.troika.client.Tid tid) {
    return new Tid(tid.value());
  }
}
