package io.troika.server.cli.backups;

import io.troika.client.RestoredTransaction;
import io.troika.client.Tid;
import io.troika.server.backup.BackupReader;
import io.troika.server.cli.imports.TransactionSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The transactions of a backup as a storage takes them. Not thread-safe. */
final class BackupTransactions implements TransactionSource, AutoCloseable {
  private final BackupReader reader;

  private BackupTransactions(BackupReader reader) {
    this.reader = reader;
  }

  /** From the first one to the state that is restored. */
  static BackupTransactions open(RestorePoint point) {
    return new BackupTransactions(
        BackupReader.open(point.directory(), point.chain(), point.upTo()));
  }

  /** Reads past the transactions up to this one. */
  void skip(long count) throws IOException {
    for (long i = 0; i < count; i++) {
      var unused = reader.next();
    }
  }

  /** How many transactions there are up to {@code tid}; negative if it is none of them. */
  static long countUpTo(RestorePoint point, Tid tid) throws IOException {
    try (BackupTransactions transactions = open(point)) {
      long count = 0;
      for (RestoredTransaction each = transactions.next();
          each != null;
          each = transactions.next()) {
        count++;
        if (each.tid().compareTo(tid) >= 0) {
          return each.tid().equals(tid) ? count : -1;
        }
      }
      return -1;
    }
  }

  @Override
  public @Nullable RestoredTransaction next() throws IOException {
    var next = reader.next();
    return next == null ? null : Conversions.transaction(next);
  }

  @Override
  public long positionBytes() {
    return reader.positionBytes();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
