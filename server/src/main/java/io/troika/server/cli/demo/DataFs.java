package io.troika.server.cli.demo;

import io.troika.client.ObjectStore;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Written;
import io.troika.server.cli.imports.FileTransactions;
import io.troika.server.cli.imports.ImportException;
import io.troika.server.cli.imports.ImportVerification;
import io.troika.server.cli.imports.TransactionProgress;
import io.troika.server.filestorage.FileStorageReader;
import io.troika.server.filestorage.FileStorageSummary;
import io.troika.server.filestorage.ReadSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The transactions of a given ZODB FileStorage, each with its tid. */
final class DataFs implements DemoLoad {
  private final Path file;
  private final FileStorageSummary summary;
  private final FileTransactions transactions;
  private long objects;

  private DataFs(Path file, FileStorageSummary summary, FileTransactions transactions) {
    this.file = file;
    this.summary = summary;
    this.transactions = transactions;
  }

  static DataFs open(Path file) throws IOException {
    FileStorageSummary summary = FileStorageReader.scan(file, ReadSettings.DEFAULT);
    return new DataFs(file, summary, FileTransactions.open(file));
  }

  @Override
  public String description() {
    String text =
        String.format(
            Locale.ROOT,
            "%s: %,d transactions, %,d records",
            file,
            summary.transactions(),
            summary.records());
    return summary.leftOver() == null ? text : text + "; " + summary.leftOver();
  }

  @Override
  public long transactions() {
    return summary.transactions();
  }

  @Override
  public Optional<Acknowledged> commitNext(ObjectStore store) throws IOException, DemoException {
    @Nullable RestoredTransaction transaction;
    try {
      transaction = transactions.next();
    } catch (ImportException e) {
      throw new DemoException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
    }
    if (transaction == null) {
      return Optional.empty();
    }
    store.restore(transaction);
    objects += transaction.changes().size();
    long bytes = 0;
    io.troika.client.Oid sample = io.troika.client.Oid.ROOT;
    for (RestoredTransaction.Change change : transaction.changes()) {
      sample = change.oid();
      bytes += change instanceof Written written ? written.data().size() : 0;
    }
    return Optional.of(
        new Acknowledged(transaction.tid(), sample, transaction.changes().size(), bytes));
  }

  @Override
  public ReadBack readBack(ObjectStore store) throws IOException, DemoException {
    try {
      ImportVerification.Result result =
          ImportVerification.run(file, store, TransactionProgress.NONE);
      return new ReadBack(
          result.transactions(), objects, result.lost() + result.different(), result.extra());
    } catch (ImportException e) {
      throw new DemoException("reading back: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    transactions.close();
  }
}
