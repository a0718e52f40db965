package io.troika.server.cli.demo;

import io.troika.client.InvalidRequestException;
import io.troika.client.ObjectStore;
import io.troika.client.RestoredTransaction;
import io.troika.client.Tid;
import io.troika.server.cli.imports.CheckedFile;
import io.troika.server.cli.imports.FileTransactions;
import io.troika.server.cli.imports.ImportBatches;
import io.troika.server.cli.imports.ImportBatches.Batch;
import io.troika.server.cli.imports.ImportException;
import io.troika.server.cli.imports.ImportVerification;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.filestorage.FileStorageSummary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of a given ZODB FileStorage, each with its tid. Those of a long file go several
 * a step, as an import sends them, so that a demo takes minutes at most.
 */
final class DataFs implements DemoLoad {
  private static final int STEPS_MAX = 1_000;

  /** One before the leader is killed and one after it. */
  private static final int TRANSACTIONS_MIN = 2;

  private final CheckedFile file;
  private final FileTransactions transactions;
  private final ImportBatches batches;
  private final ImportBatches.Limits limits;

  private DataFs(CheckedFile file, FileTransactions transactions, int stepsMax) {
    this.file = file;
    this.transactions = transactions;
    this.limits = limits(stepsMax);
    this.batches = new ImportBatches(transactions, limits);
  }

  static DataFs open(Path path) throws IOException, DemoException {
    return open(path, STEPS_MAX);
  }

  /**
   * Checks a file and opens it.
   *
   * @param stepsMax how many commits it may take
   * @throws DemoException if there is too little in it
   */
  static DataFs open(Path path, int stepsMax) throws IOException, DemoException {
    CheckedFile file = CheckedFile.of(path, Tid.NONE, TransactionProgress.NONE);
    if (file.summary().transactions() < TRANSACTIONS_MIN) {
      throw new DemoException(
          "%s has %s whole transactions, expected %s or more"
              .formatted(path, file.summary().transactions(), TRANSACTIONS_MIN));
    }
    return new DataFs(file, FileTransactions.open(file), stepsMax);
  }

  private ImportBatches.Limits limits(int stepsMax) {
    long aStep = (transactions() + stepsMax - 1) / stepsMax;
    ImportBatches.Limits usual = ImportBatches.Limits.DEFAULT;
    return usual.withTransactionsMax((int) Math.min(aStep, usual.transactionsMax()));
  }

  @Override
  public String description() {
    FileStorageSummary summary = file.summary();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %,d transactions, %,d records",
            file.path(),
            summary.transactions(),
            summary.records()));
    if (limits.transactionsMax() > 1) {
      text.append(", up to ").append(limits.transactionsMax()).append(" transactions a commit");
    }
    if (summary.leftOver() != null) {
      text.append("; ").append(summary.leftOver());
    }
    return text.toString();
  }

  @Override
  public long transactions() {
    return file.summary().transactions();
  }

  @Override
  public Optional<Acknowledged> commitNext(ObjectStore store) throws IOException, DemoException {
    @Nullable Batch batch;
    try {
      batch = batches.next();
    } catch (ImportException e) {
      throw new DemoException("loading: " + e.getMessage(), e);
    }
    if (batch == null) {
      return Optional.empty();
    }
    List<RestoredTransaction> restored = batch.transactions();
    try {
      store.restore(restored);
    } catch (InvalidRequestException e) {
      throw new DemoException(
          "%s: the transactions from %s on are refused: %s"
              .formatted(file.path(), restored.get(0).tid(), e.getMessage()),
          e);
    }
    return Optional.of(acknowledged(batch));
  }

  private static Acknowledged acknowledged(Batch batch) {
    List<RestoredTransaction> all = batch.transactions();
    RestoredTransaction last = all.get(all.size() - 1);
    return new Acknowledged(
        last.tid(),
        last.changes().stream().findFirst().map(RestoredTransaction.Change::oid),
        all.size(),
        batch.records(),
        batch.dataBytes());
  }

  @Override
  public ReadBack readBack(ObjectStore store) throws IOException, DemoException {
    try {
      ImportVerification.Result result =
          ImportVerification.run(file, store, TransactionProgress.NONE);
      return new ReadBack(
          result.transactions(),
          result.objects(),
          result.lost() + result.different(),
          result.extra());
    } catch (ImportException e) {
      throw new DemoException("reading back: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    transactions.close();
  }
}
