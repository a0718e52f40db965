package io.troika.server.cli.imports;

import io.troika.client.InvalidRequestException;
import io.troika.client.ObjectStore;
import io.troika.client.RestoredTransaction;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TidNotGreaterException;
import io.troika.client.TransactionTooLargeException;
import io.troika.server.cli.imports.ImportBatches.Batch;
import io.troika.server.cli.output.TransactionProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Copies the transactions of a {@code Data.fs} into a storage, in the order of the file, each with
 * its tid. They go in batches, of which the storage takes all or nothing and one at a time, so an
 * import that is interrupted at any point has left a whole prefix of the file, and one that is
 * started again goes on behind it. See {@code DESIGN.md}.
 *
 * <p>Memory: two batches, or two transactions where those are larger; of blobs a few pieces. Not
 * thread-safe.
 */
public final class FileStorageImport {
  /** The least that a node may be configured to take, see raft.entry-size-max. */
  private static final long ENTRY_BYTES_MIN = 1 << 20;

  private final CheckedFile file;
  private final ObjectStore store;
  private final TransactionProgress progress;
  private long imported;
  private long records;
  private long dataBytes;
  private long blobs;

  private FileStorageImport(CheckedFile file, ObjectStore store, TransactionProgress progress) {
    this.file = file;
    this.store = store;
    this.progress = progress;
  }

  /**
   * Reads the file to its end and asks the storage where an import of it would begin. Changes
   * nothing.
   *
   * @throws ImportException if the storage holds anything but the first transactions of the file
   * @throws io.troika.server.filestorage.FileStorageException if the file is no FileStorage, or
   *     damaged elsewhere than at its end
   */
  public static CheckedFile check(Path path, ObjectStore store, TransactionProgress progress)
      throws IOException, ImportException {
    StorageInfo storage = store.info();
    CheckedFile file = CheckedFile.of(path, storage.lastTid(), progress);
    if (storage.transactionCount() == 0) {
      return file;
    }
    if (!file.isResumable()) {
      throw new ImportException(
          "storage %s: its last transaction %s is not in %s; import into an empty storage, or go on with the file that was begun"
              .formatted(storage.name(), storage.lastTid(), path));
    }
    if (file.before() != storage.transactionCount()) {
      throw new ImportException(
          "storage %s: it has %s transactions up to %s, the file %s has %s; import into an empty storage, or go on with the file that was begun"
              .formatted(
                  storage.name(),
                  storage.transactionCount(),
                  storage.lastTid(),
                  path,
                  file.before()));
    }
    return file;
  }

  /**
   * Imports what the storage does not have yet.
   *
   * @param file as {@link #check} found it
   * @throws ImportException if the storage refuses a transaction, which is then named; those before
   *     it are in
   * @throws io.troika.client.TroikaException if the storage can't be reached; what is in is whole
   */
  public static ImportReport run(CheckedFile file, ObjectStore store, TransactionProgress progress)
      throws IOException, ImportException {
    return run(file, store, progress, ImportBatches.Limits.DEFAULT);
  }

  static ImportReport run(
      CheckedFile file,
      ObjectStore store,
      TransactionProgress progress,
      ImportBatches.Limits limits)
      throws IOException, ImportException {
    Tid lastTid = store.info().lastTid();
    try (FileTransactions transactions =
        lastTid.equals(Tid.NONE)
            ? FileTransactions.open(file)
            : FileTransactions.openAfter(file, lastTid)) {
      return new FileStorageImport(file, store, progress)
          .run(new ImportBatches(transactions, limits));
    }
  }

  /** While one batch is under way the next one is read, and sent when that is answered. */
  private ImportReport run(ImportBatches batches) throws IOException, ImportException {
    @Nullable Batch sent = batches.next();
    while (sent != null) {
      CompletableFuture<Tid> answer = store.restoreAsync(sent.transactions());
      Batch next = batches.next();
      await(sent, answer);
      note(sent);
      sent = next;
    }
    return new ImportReport(file.before(), imported, records, dataBytes, blobs);
  }

  private void note(Batch batch) {
    imported += batch.transactions().size();
    records += batch.records();
    dataBytes += batch.dataBytes();
    blobs += batch.blobs();
    progress.advanced(batch.end(), file.endBytes());
  }

  private void await(Batch batch, CompletableFuture<Tid> answer) throws ImportException {
    try {
      Tid unused = answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof InvalidRequestException) {
        oneByOne(batch); // nothing of it is in; this finds the one that is refused
      } else if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      } else {
        throw e;
      }
    }
  }

  private void oneByOne(Batch batch) throws ImportException {
    for (RestoredTransaction transaction : batch.transactions()) {
      try {
        store.restore(transaction);
      } catch (InvalidRequestException e) {
        throw new ImportException(refusal(transaction, e), e);
      }
    }
  }

  private String refusal(RestoredTransaction transaction, InvalidRequestException cause) {
    String what =
        "%s: transaction %s with %s objects can't be imported, those before it are: "
            .formatted(file.path(), transaction.tid(), transaction.changes().size());
    if (cause instanceof TidNotGreaterException) {
      return what + "storage " + store.name() + " was written to by others meanwhile";
    }
    boolean isLarge =
        cause instanceof TransactionTooLargeException
            || ImportBatches.sizeBytes(transaction) >= ENTRY_BYTES_MIN;
    return isLarge
        ? what
            + cause.getMessage()
            + " (see raft.entry-size-max, limits.transaction-size-max,"
            + " limits.transaction-objects-max)"
        : what + cause.getMessage();
  }
}
