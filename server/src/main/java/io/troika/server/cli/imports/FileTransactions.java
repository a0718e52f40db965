package io.troika.server.cli.imports;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Change;
import io.troika.client.RestoredTransaction.Removed;
import io.troika.client.RestoredTransaction.Shared;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Tid;
import io.troika.client.TransactionMetadata;
import io.troika.server.filestorage.DataRecord;
import io.troika.server.filestorage.FileStorageReader;
import io.troika.server.filestorage.FileStorageSummary;
import io.troika.server.filestorage.FileTransaction;
import io.troika.server.filestorage.ReadSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of a {@code Data.fs}, one after the other, in the form in which a storage takes
 * them. Holds one transaction in memory. Not thread-safe.
 */
public final class FileTransactions implements AutoCloseable {
  /** A transaction whose data is larger is refused here, before it fills the memory. */
  public static final long TRANSACTION_BYTES_MAX = 64L << 20;

  private final Path file;
  private final FileStorageReader reader;

  private FileTransactions(Path file, FileStorageReader reader) {
    this.file = file;
    this.reader = reader;
  }

  /**
   * Opens the file.
   *
   * @throws io.troika.server.filestorage.FileStorageException if it is no FileStorage
   */
  public static FileTransactions open(Path file) throws IOException {
    return new FileTransactions(file, FileStorageReader.open(file, ReadSettings.DEFAULT));
  }

  /**
   * Passes over all transactions up to and including this one.
   *
   * @return whether the file has a transaction of exactly this tid
   */
  public boolean skipThrough(Tid tid) throws IOException {
    return reader.skipThrough(new io.troika.server.core.model.Tid(tid.value()));
  }

  /**
   * The next transaction, null after the last whole one. An object that occurs more than once in it
   * is as its last record says, as FileStorage reads it.
   *
   * @throws ImportException if it is too large
   */
  public @Nullable RestoredTransaction next() throws IOException, ImportException {
    FileTransaction transaction = reader.nextTransaction();
    if (transaction == null) {
      return null;
    }
    TreeMap<Oid, Change> changes = new TreeMap<>();
    long dataBytes = 0;
    for (DataRecord data = reader.nextRecord(); data != null; data = reader.nextRecord()) {
      Change change = change(transaction, data);
      changes.put(change.oid(), change);
      dataBytes += change instanceof Written written ? written.data().size() : 0;
      requireFits(transaction, dataBytes);
    }
    return new RestoredTransaction(
        new Tid(transaction.tid().value()),
        transaction.isPacked()
            ? RestoredTransaction.STATUS_PACKED
            : RestoredTransaction.STATUS_NORMAL,
        metadata(transaction),
        List.copyOf(new ArrayList<>(changes.values())));
  }

  private Change change(FileTransaction transaction, DataRecord data) throws IOException {
    Oid oid = new Oid(data.oid().value());
    if (data instanceof DataRecord.Data own) {
      return new Written(oid, bytes(own.data()));
    }
    if (data instanceof DataRecord.Shared shared) {
      // A back pointer within one transaction names no revision of its own: take the data itself.
      return shared.dataTid().equals(transaction.tid())
          ? new Written(oid, bytes(reader.readData(shared)))
          : new Shared(oid, new Tid(shared.dataTid().value()));
    }
    return new Removed(oid);
  }

  private void requireFits(FileTransaction transaction, long dataBytes) throws ImportException {
    if (dataBytes > TRANSACTION_BYTES_MAX) {
      throw new ImportException(
          "%s: transaction %s at position %s holds more than %s MiB of data; at most that much can be imported in one transaction"
              .formatted(
                  file, transaction.tid(), transaction.position(), TRANSACTION_BYTES_MAX >> 20));
    }
  }

  private static TransactionMetadata metadata(FileTransaction transaction) {
    var metadata = transaction.metadata();
    return new TransactionMetadata(
        bytes(metadata.user()), bytes(metadata.description()), bytes(metadata.extension()));
  }

  private static Bytes bytes(io.troika.server.core.model.Bytes bytes) {
    return Bytes.wrap(bytes.toByteArray());
  }

  /** Where the last whole transaction that was read ends. */
  public long positionBytes() {
    return reader.position();
  }

  /** When the file was opened. */
  public long fileSizeBytes() {
    return reader.fileSizeBytes();
  }

  /** What was seen so far; complete after {@link #next} returned null. */
  public FileStorageSummary summary() {
    return reader.summary();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
