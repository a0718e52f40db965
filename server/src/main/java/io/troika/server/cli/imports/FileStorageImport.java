package io.troika.server.cli.imports;

import io.troika.client.ObjectStore;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Tid;
import io.troika.client.TransactionTooLargeException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Copies a {@code Data.fs} into a storage, transaction by transaction in the order of the file,
 * each with its tid. A transaction is in the storage before the next one is sent, so that an import
 * that is interrupted at any point has left a whole prefix, and one that is started again goes on
 * behind it.
 *
 * <p>Constant memory: one transaction. Reads a torn file up to its last whole transaction, as
 * FileStorage itself would recover it, and says so in the report.
 */
public final class FileStorageImport {
  private final Path file;
  private final ObjectStore store;
  private final TransactionProgress progress;
  private long imported;
  private long records;
  private long dataBytes;

  private FileStorageImport(Path file, ObjectStore store, TransactionProgress progress) {
    this.file = file;
    this.store = store;
    this.progress = progress;
  }

  /**
   * Imports what the storage does not have yet.
   *
   * @throws ImportException if the storage holds a history that is not a prefix of the file, or a
   *     transaction is too large
   * @throws io.troika.server.filestorage.FileStorageException if the file is damaged elsewhere than
   *     at its end; what came before is imported
   */
  public static ImportReport run(Path file, ObjectStore store, TransactionProgress progress)
      throws IOException, ImportException {
    try (FileTransactions transactions = FileTransactions.open(file)) {
      return new FileStorageImport(file, store, progress).run(transactions);
    }
  }

  private ImportReport run(FileTransactions transactions) throws IOException, ImportException {
    long found = goOnBehind(transactions, store.info().lastTid());
    for (@Nullable RestoredTransaction next = transactions.next();
        next != null;
        next = transactions.next()) {
      restore(next);
      progress.advanced(transactions.positionBytes(), transactions.fileSizeBytes());
    }
    return new ImportReport(found, imported, records, dataBytes, transactions.summary());
  }

  /** The transactions of an earlier import of this file are passed over. */
  private long goOnBehind(FileTransactions transactions, Tid lastTid)
      throws IOException, ImportException {
    if (lastTid.equals(Tid.NONE)) {
      return 0;
    }
    if (!transactions.skipThrough(lastTid)) {
      throw new ImportException(
          "storage %s: its last transaction %s is not in %s; import into an empty storage, or go on with the file that was begun"
              .formatted(store.name(), lastTid, file));
    }
    return store.info().transactionCount();
  }

  private void restore(RestoredTransaction transaction) throws ImportException {
    try {
      store.restore(transaction);
    } catch (TransactionTooLargeException e) {
      throw new ImportException(
          "%s: transaction %s with %s objects: %s"
              .formatted(file, transaction.tid(), transaction.changes().size(), e.getMessage()));
    }
    imported++;
    records += transaction.changes().size();
    for (RestoredTransaction.Change change : transaction.changes()) {
      dataBytes += change instanceof Written written ? written.data().size() : 0;
    }
  }
}
