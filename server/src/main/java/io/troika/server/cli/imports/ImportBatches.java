package io.troika.server.cli.imports;

import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Written;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts transactions into batches, each of which goes to the storage in one step. Reads one
 * transaction ahead. Not thread-safe.
 */
public final class ImportBatches {
  private static final long TRANSACTION_OVERHEAD_BYTES = 64;
  private static final long RECORD_OVERHEAD_BYTES = 32;

  /** A batch ends with so many: their bytes wait in the cluster until it is sent. */
  private static final int BLOBS_MAX = 16;

  private final TransactionSource source;
  private final Limits limits;

  /** Read, but in no batch yet, and where it ends. */
  private @Nullable RestoredTransaction ahead;

  private long aheadEnd;

  /** Goes on where the source is. */
  public ImportBatches(TransactionSource source, Limits limits) {
    this.source = source;
    this.limits = limits;
  }

  /**
   * How large a batch may become; a single transaction that is larger is one of its own.
   *
   * @param transactionsMax 1 or more
   * @param recordsMax objects changed
   * @param bytesMax about what they take in the log
   */
  public record Limits(int transactionsMax, int recordsMax, long bytesMax) {
    /**
     * Within any log entry (1 MiB at least), and within what a watcher may lag behind; large beside
     * the cost of a round trip.
     */
    public static final Limits DEFAULT = new Limits(1_000, 10_000, 960 << 10);

    /** The same, with fewer transactions. */
    public Limits withTransactionsMax(int transactions) {
      return new Limits(transactions, recordsMax, bytesMax);
    }
  }

  /**
   * Transactions in tid order.
   *
   * @param records how many objects they change together
   * @param dataBytes their own data; what is shared counts nothing
   * @param blobs that come with it
   * @param end of the last one in the source
   */
  public record Batch(
      List<RestoredTransaction> transactions, long records, long dataBytes, long blobs, long end) {
    public Batch {
      transactions = List.copyOf(transactions);
    }
  }

  /** The next batch, or null after the last one. */
  public @Nullable Batch next() throws IOException, ImportException {
    List<RestoredTransaction> transactions = new ArrayList<>();
    long records = 0;
    long dataBytes = 0;
    long bytes = 0;
    long blobs = 0;
    long end = 0;
    for (RestoredTransaction next = peek(); next != null; next = peek()) {
      bytes += sizeBytes(next);
      boolean full =
          transactions.size() == limits.transactionsMax()
              || records + next.changes().size() > limits.recordsMax()
              || bytes > limits.bytesMax()
              || blobs >= BLOBS_MAX;
      if (full && !transactions.isEmpty()) {
        break;
      }
      transactions.add(next);
      records += next.changes().size();
      dataBytes += dataBytes(next);
      blobs += next.changes().stream().filter(ImportBatches::hasBlob).count();
      end = aheadEnd;
      ahead = null;
    }
    return transactions.isEmpty() ? null : new Batch(transactions, records, dataBytes, blobs, end);
  }

  static boolean hasBlob(RestoredTransaction.Change change) {
    return change instanceof Written written && written.blob().isPresent();
  }

  private @Nullable RestoredTransaction peek() throws IOException, ImportException {
    if (ahead == null) {
      ahead = source.next();
      aheadEnd = source.positionBytes();
    }
    return ahead;
  }

  /** About what it takes in the log. */
  static long sizeBytes(RestoredTransaction transaction) {
    var metadata = transaction.metadata();
    return TRANSACTION_OVERHEAD_BYTES
        + metadata.user().size()
        + metadata.description().size()
        + metadata.extension().size()
        + RECORD_OVERHEAD_BYTES * transaction.changes().size()
        + dataBytes(transaction);
  }

  private static long dataBytes(RestoredTransaction transaction) {
    long bytes = 0;
    for (RestoredTransaction.Change change : transaction.changes()) {
      bytes += change instanceof Written written ? written.data().size() : 0;
    }
    return bytes;
  }
}
