package io.troika.server.cli.imports;

import static java.util.Objects.requireNonNull;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Change;
import io.troika.client.RestoredTransaction.Removed;
import io.troika.client.RestoredTransaction.Shared;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Tid;
import io.troika.client.TransactionMetadata;
import io.troika.server.cli.options.HeapRoom;
import io.troika.server.filestorage.DataRecord;
import io.troika.server.filestorage.FileStorageReader;
import io.troika.server.filestorage.FileTransaction;
import io.troika.server.filestorage.ReadSettings;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of a {@code Data.fs} as a storage takes them. Holds one transaction in memory.
 * Not thread-safe.
 */
public final class FileTransactions implements TransactionSource, AutoCloseable {
  /** A transaction whose data is larger is refused here, before it fills the memory. */
  static final long TRANSACTION_BYTES_MAX = Math.max(64L << 20, HeapRoom.transactionBytesMax());

  private final CheckedFile file;
  private final FileStorageReader reader;

  /** Of the transaction last read; looked up, never iterated. */
  private final Map<Oid, DataRecord.Shared> shared = new HashMap<>();

  private Tid last = Tid.NONE;

  private FileTransactions(CheckedFile file, FileStorageReader reader) {
    this.file = file;
    this.reader = reader;
  }

  /** From the first transaction to the last one that the check saw. */
  public static FileTransactions open(CheckedFile file) throws IOException {
    return new FileTransactions(file, FileStorageReader.open(file.path(), ReadSettings.DEFAULT));
  }

  /** From behind the transaction {@code tid}, for which the file was checked, to that last one. */
  static FileTransactions openAfter(CheckedFile file, Tid tid) throws IOException {
    FileTransactions transactions = open(file);
    try {
      transactions.reader.resumeAt(
          file.resumePosition(), new io.troika.server.core.model.Tid(tid.value()));
      transactions.last = tid;
      return transactions;
    } catch (IOException | RuntimeException e) {
      transactions.close();
      throw e;
    }
  }

  /**
   * The next transaction, null after the last one. An object that occurs more than once in it is as
   * its last record says, as FileStorage reads it.
   *
   * @throws ImportException if it is too large, or a blob of it is missing
   */
  @Override
  public @Nullable RestoredTransaction next() throws IOException, ImportException {
    shared.clear();
    if (last.compareTo(file.lastTid()) >= 0) {
      return null;
    }
    FileTransaction transaction = reader.nextTransaction();
    if (transaction == null) {
      throw new ImportException(
          "%s: it was changed meanwhile: transaction %s is gone"
              .formatted(file.path(), file.lastTid()));
    }
    TreeMap<Oid, Change> changes = new TreeMap<>();
    long dataBytes = 0;
    for (DataRecord record = reader.nextRecord(); record != null; record = reader.nextRecord()) {
      Change change = change(transaction, record);
      changes.put(change.oid(), change);
      dataBytes += change instanceof Written written ? written.data().size() : 0;
      requireFits(transaction, dataBytes);
    }
    last = new Tid(transaction.tid().value());
    return new RestoredTransaction(
        last,
        transaction.isPacked()
            ? RestoredTransaction.STATUS_PACKED
            : RestoredTransaction.STATUS_NORMAL,
        metadata(transaction),
        List.copyOf(changes.values()));
  }

  private Change change(FileTransaction transaction, DataRecord record)
      throws IOException, ImportException {
    Oid oid = new Oid(record.oid().value());
    shared.remove(oid);
    if (record instanceof DataRecord.Data own) {
      return written(transaction, oid, own.data());
    }
    if (record instanceof DataRecord.Shared pointer) {
      if (pointer.dataTid().equals(transaction.tid()) || isPassedOver(pointer)) {
        // It names no revision that the storage will have: take the data itself.
        return written(transaction, oid, reader.readData(pointer));
      }
      shared.put(oid, pointer);
      return new Shared(oid, new Tid(pointer.dataTid().value()));
    }
    return new Removed(oid);
  }

  private Written written(
      FileTransaction transaction, Oid oid, io.troika.server.core.model.Bytes data)
      throws ImportException {
    Tid tid = new Tid(transaction.tid().value());
    return new Written(oid, bytes(data), file.blobs().of(oid, tid, data));
  }

  private boolean isPassedOver(DataRecord.Shared pointer) throws IOException {
    return file.summary().undoneTransactions() > 0 && reader.isDataUndone(pointer);
  }

  /** The data that a change of the transaction last read shares, read from the file. */
  Bytes sharedData(Shared change) throws IOException {
    return bytes(
        reader.readData(requireNonNull(shared.get(change.oid()), "not of the last transaction")));
  }

  private void requireFits(FileTransaction transaction, long dataBytes) throws ImportException {
    if (dataBytes > TRANSACTION_BYTES_MAX) {
      throw new ImportException(
          "%s: transaction %s at position %s holds more than %s MiB of data, for which a larger heap is needed (TROIKA_JAVA_OPTS=-Xmx…)"
              .formatted(
                  file.path(),
                  transaction.tid(),
                  transaction.position(),
                  TRANSACTION_BYTES_MAX >> 20));
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

  /** Where the transaction that was read last ends. */
  @Override
  public long positionBytes() {
    return reader.position();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
