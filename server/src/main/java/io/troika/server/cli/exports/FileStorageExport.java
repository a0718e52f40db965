package io.troika.server.cli.exports;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.RecordedChange;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.server.cli.options.HeapRoom;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.filestorage.FileStorageWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * Writes the transactions of a storage into a new {@code Data.fs} that ZODB opens, each with its
 * tid, status, metadata, objects and back pointers, up to one transaction: what is committed
 * meanwhile is not in it. Blobs go into a directory beside it. The directory and then the file get
 * their names once they are whole and on disk, so an interrupted export leaves no file.
 *
 * <p>Several transactions are asked for at once. Memory: what those change, 22 to 43 bytes an
 * object, and a buffer; of blobs a few pieces. Not thread-safe.
 */
final class FileStorageExport {
  /** Transactions that are asked for and not yet written. */
  private static final int WINDOW_MAX = 32;

  /** Their size together, in bytes; a single larger one is asked for alone. */
  private static final long WINDOW_BYTES_MAX = 8 << 20;

  private static final String PART_SUFFIX = ".part";

  private final ObjectStore store;
  private final FileStorageWriter file;
  private final BlobExport blobs;
  private final Progress progress;
  private final ArrayDeque<UnderWay> window = new ArrayDeque<>();
  private long windowBytes;
  private Tid lastTid = Tid.NONE;
  private long transactions;
  private long records;

  private FileStorageExport(
      ObjectStore store, FileStorageWriter file, BlobExport blobs, Progress progress) {
    this.store = store;
    this.file = file;
    this.blobs = blobs;
    this.progress = progress;
  }

  /** Told after each transaction, on the calling thread. */
  @FunctionalInterface
  interface Progress {
    /** So many transactions are written. */
    void written(long transactions);
  }

  private record UnderWay(
      TransactionRecord transaction, CompletableFuture<List<RecordedChange>> changes) {}

  /**
   * Exports.
   *
   * @param path of the new file; its directory must exist
   * @param blobs of the directory for blobs; it is made if there are any
   * @param upTo the last transaction to write
   * @throws FileAlreadyExistsException if there is a file or directory of that name, then or at the
   *     end
   * @throws IOException also if another export is writing that file
   * @throws ExportException if the storage holds empty data, which the format can't say, or its
   *     history is replaced meanwhile
   * @throws io.troika.client.TroikaException if the storage can't be read
   */
  static ExportReport run(ObjectStore store, Path path, Path blobs, Tid upTo, Progress progress)
      throws IOException, ExportException {
    requireAbsent(path, blobs);
    Path part = path.resolveSibling(path.getFileName() + PART_SUFFIX);
    Path blobsPart = blobs.resolveSibling(blobs.getFileName() + PART_SUFFIX);
    FileStorageWriter.deleteLeftOver(part);
    ExportReport report;
    // Locked until it has its name: what another export writes must not get it.
    try (FileStorageWriter file = FileStorageWriter.create(part)) {
      try {
        delete(blobsPart);
        StorageInfo before = store.info();
        BlobExport blobExport = new BlobExport(store, blobsPart);
        report = write(store, file, blobExport, part, upTo, progress);
        requireSameHistory(before, store.info());
        requireAbsent(path, blobs);
        if (report.blobs() > 0) {
          Files.move(blobsPart, blobs, StandardCopyOption.ATOMIC_MOVE);
          forceDirectory(blobs);
        }
        Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException | ExportException | RuntimeException e) {
        Files.deleteIfExists(part);
        delete(blobsPart);
        throw e;
      }
    }
    forceDirectory(path);
    return report;
  }

  private static void requireAbsent(Path path, Path blobs) throws FileAlreadyExistsException {
    for (Path each : List.of(path, blobs)) {
      if (Files.exists(each)) {
        throw new FileAlreadyExistsException(each.toString());
      }
    }
  }

  /** Nobody has read of a history that began meanwhile, else it would be known by now. */
  private static void requireSameHistory(StorageInfo before, StorageInfo now)
      throws ExportException {
    if (!now.uuid().equals(before.uuid()) || now.epoch() != before.epoch()) {
      throw new ExportException(
          "storage %s: its history was replaced during the export (epoch %s, now %s); run it again"
              .formatted(now.name(), before.epoch(), now.epoch()));
    }
  }

  /** Also what an interrupted export has left. */
  private static void delete(Path blobsPart) throws IOException {
    if (Files.exists(blobsPart)) {
      MoreFiles.deleteRecursively(blobsPart, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static ExportReport write(
      ObjectStore store,
      FileStorageWriter file,
      BlobExport blobs,
      Path part,
      Tid upTo,
      Progress progress)
      throws IOException, ExportException {
    FileStorageExport export = new FileStorageExport(store, file, blobs, progress);
    try (Stream<TransactionRecord> found = store.transactions(TransactionQuery.after(Tid.NONE))) {
      export.writeAll(found.iterator(), upTo);
    }
    file.force();
    return new ExportReport(
        export.lastTid, export.transactions, export.records, Files.size(part), blobs.count());
  }

  private static void forceDirectory(Path path) throws IOException {
    try (FileChannel directory =
        FileChannel.open(path.toAbsolutePath().resolveSibling("."), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private void writeAll(Iterator<TransactionRecord> found, Tid upTo)
      throws IOException, ExportException {
    while (found.hasNext()) {
      TransactionRecord transaction = found.next();
      if (transaction.tid().compareTo(upTo) > 0) {
        break;
      }
      while (window.size() >= WINDOW_MAX
          || (!window.isEmpty() && windowBytes + transaction.sizeBytes() > WINDOW_BYTES_MAX)) {
        writeOldest();
      }
      HeapRoom.require(
          "storage %s: transaction %s".formatted(store.name(), transaction.tid()),
          transaction.sizeBytes());
      window.add(new UnderWay(transaction, store.changesAsync(transaction.tid())));
      windowBytes += transaction.sizeBytes();
    }
    while (!window.isEmpty()) {
      writeOldest();
    }
  }

  private void writeOldest() throws IOException, ExportException {
    UnderWay oldest = window.remove();
    TransactionRecord transaction = oldest.transaction();
    windowBytes -= transaction.sizeBytes();
    List<RecordedChange> changes = await(oldest.changes());
    io.troika.client.TransactionMetadata metadata = transaction.metadata();
    file.beginTransaction(
        new io.troika.server.core.model.Tid(transaction.tid().value()),
        (char) transaction.status(),
        new TransactionMetadata(
            copy(metadata.user()), copy(metadata.description()), copy(metadata.extension())));
    for (RecordedChange change : changes) {
      write(transaction.tid(), change);
    }
    file.endTransaction();
    lastTid = transaction.tid();
    transactions++;
    records += changes.size();
    progress.written(transactions);
  }

  private void write(Tid tid, RecordedChange change) throws IOException, ExportException {
    Oid oid = new Oid(change.oid().value());
    if (change.data().isEmpty()) {
      file.writeAbsent(oid);
    } else if (!change.dataTid().isNone() && file.hasRevision(oid, serverTid(change.dataTid()))) {
      file.writeShared(oid, serverTid(change.dataTid()));
      blobs.share(oid, serverTid(change.dataTid()), serverTid(tid));
    } else if (change.data().get().isEmpty()) {
      throw new ExportException(
          "storage %s: object %s of transaction %s has no bytes of data, a FileStorage needs one at least"
              .formatted(store.name(), change.oid(), tid));
    } else {
      file.writeData(oid, copy(change.data().get()));
      if (change.hasBlob()) {
        blobs.write(oid, serverTid(tid));
      } else if (!change.dataTid().isNone()) {
        blobs.writeIfPresent(oid, serverTid(tid));
      }
    }
  }

  private static io.troika.server.core.model.Tid serverTid(Tid tid) {
    return new io.troika.server.core.model.Tid(tid.value());
  }

  private static io.troika.server.core.model.Bytes copy(Bytes bytes) {
    return io.troika.server.core.model.Bytes.copyOf(bytes.asByteBuffer());
  }

  private static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
