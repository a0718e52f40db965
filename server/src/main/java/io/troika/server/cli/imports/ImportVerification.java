package io.troika.server.cli.imports;

import io.troika.client.Blob;
import io.troika.client.BlobSource;
import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Change;
import io.troika.client.RestoredTransaction.Shared;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.UnknownBlobException;
import io.troika.server.cli.output.TransactionProgress;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads every transaction back from a storage and holds it against the file: tid, status, user,
 * description, extension, and every object: its bytes, whether they are its own or those of which
 * earlier revision, or that it is absent.
 *
 * <p>Several transactions are asked for at once; memory is bounded by {@link #WINDOW_BYTES_MAX} of
 * the file's data and as much again of what is read, or one transaction where that is larger.
 */
public final class ImportVerification {
  private static final int DIFFERENCES_MAX = 20;

  /** Transactions that are asked for and not yet compared. */
  private static final int WINDOW_MAX = 32;

  private static final long WINDOW_BYTES_MAX = 8 << 20;

  private final CheckedFile file;
  private final ObjectStore store;
  private final TransactionProgress progress;
  private final ArrayDeque<UnderWay> window = new ArrayDeque<>();
  private long windowBytes;

  private final List<String> differences = new ArrayList<>();
  private long transactions;
  private long objects;
  private long blobs;
  private long lost;
  private long extra;
  private long different;

  private ImportVerification(CheckedFile file, ObjectStore store, TransactionProgress progress) {
    this.file = file;
    this.store = store;
    this.progress = progress;
  }

  /** A transaction that both have, what it should have changed, and what it is found to have. */
  private record UnderWay(
      Tid tid,
      List<RecordedChange> expected,
      Map<Oid, BlobSource> blobs,
      long bytes,
      long end,
      CompletableFuture<List<RecordedChange>> found) {}

  /**
   * What the comparison found.
   *
   * @param transactions of the file
   * @param objects that were compared byte for byte
   * @param blobs likewise
   * @param lost transactions of the file that the storage lacks
   * @param extra transactions of the storage, up to the last one of the file, that the file lacks
   * @param different transactions that both have but differ
   * @param differences the first of them, for people
   */
  public record Result(
      long transactions,
      long objects,
      long blobs,
      long lost,
      long extra,
      long different,
      List<String> differences) {
    public Result {
      differences = List.copyOf(differences);
    }

    /** Whether the storage has what the file has. */
    public boolean isEqual() {
      return lost == 0 && extra == 0 && different == 0;
    }
  }

  /**
   * Compares the file as it was checked with the storage. What was committed to the storage after
   * the file's last transaction is not looked at.
   */
  public static Result run(CheckedFile file, ObjectStore store, TransactionProgress progress)
      throws IOException, ImportException {
    ImportVerification verification = new ImportVerification(file, store, progress);
    try (FileTransactions expected = FileTransactions.open(file);
        Stream<TransactionRecord> found = store.transactions(TransactionQuery.after(Tid.NONE))) {
      verification.merge(expected, found.iterator());
    }
    return new Result(
        verification.transactions,
        verification.objects,
        verification.blobs,
        verification.lost,
        verification.extra,
        verification.different,
        verification.differences);
  }

  /** Both sides ascend by tid: a merge finds what one of them lacks. */
  private void merge(FileTransactions expectedOnes, Iterator<TransactionRecord> foundOnes)
      throws IOException, ImportException {
    @Nullable TransactionRecord found = next(foundOnes);
    for (RestoredTransaction expected = expectedOnes.next();
        expected != null;
        expected = expectedOnes.next()) {
      transactions++;
      while (found != null && found.tid().compareTo(expected.tid()) < 0) {
        extra++;
        report("transaction %s is not in the file", found.tid());
        found = next(foundOnes);
      }
      if (found == null || !found.tid().equals(expected.tid())) {
        lost++;
        report("transaction %s is not in the storage", expected.tid());
      } else {
        if (isHeaderEqual(expected, found)) {
          ask(
              expected.tid(),
              changes(expectedOnes, expected),
              blobs(expected),
              expectedOnes.positionBytes());
        }
        found = next(foundOnes);
      }
    }
    while (!window.isEmpty()) {
      compareOldest();
    }
  }

  private static @Nullable TransactionRecord next(Iterator<TransactionRecord> records) {
    return records.hasNext() ? records.next() : null;
  }

  private boolean isHeaderEqual(RestoredTransaction expected, TransactionRecord found) {
    if (found.status() == expected.status() && found.metadata().equals(expected.metadata())) {
      return true;
    }
    different++;
    report("transaction %s: its status, user, description or extension differs", expected.tid());
    return false;
  }

  /** What reading the transaction back must give. */
  private static List<RecordedChange> changes(
      FileTransactions file, RestoredTransaction transaction) throws IOException {
    List<RecordedChange> changes = new ArrayList<>(transaction.changes().size());
    for (Change change : transaction.changes()) {
      if (change instanceof Written written) {
        changes.add(
            new RecordedChange(
                change.oid(), Optional.of(written.data()), Tid.NONE, written.blob().isPresent()));
      } else if (change instanceof Shared shared) {
        Bytes data = file.sharedData(shared);
        changes.add(new RecordedChange(change.oid(), Optional.of(data), shared.dataTid()));
      } else {
        changes.add(new RecordedChange(change.oid(), Optional.empty(), Tid.NONE));
      }
    }
    return changes;
  }

  /** Those that the transaction brings, and copies of those that it shares. */
  private Map<Oid, BlobSource> blobs(RestoredTransaction transaction) {
    Map<Oid, BlobSource> found = new TreeMap<>();
    for (Change change : transaction.changes()) {
      Optional<BlobSource> blob =
          change instanceof Written written
              ? written.blob()
              : file.blobs().find(change.oid(), transaction.tid()).map(BlobSource::of);
      blob.ifPresent(source -> found.put(change.oid(), source));
    }
    return found;
  }

  private void ask(
      Tid tid, List<RecordedChange> expected, Map<Oid, BlobSource> expectedBlobs, long end)
      throws IOException {
    long bytes = 0;
    for (RecordedChange change : expected) {
      bytes += change.data().map(Bytes::size).orElse(0);
    }
    while (window.size() >= WINDOW_MAX
        || (!window.isEmpty() && windowBytes + bytes > WINDOW_BYTES_MAX)) {
      compareOldest();
    }
    window.add(new UnderWay(tid, expected, expectedBlobs, bytes, end, store.changesAsync(tid)));
    windowBytes += bytes;
  }

  private void compareOldest() throws IOException {
    UnderWay oldest = window.remove();
    windowBytes -= oldest.bytes();
    compare(oldest, await(oldest.found()));
    objects += oldest.expected().size();
    progress.advanced(oldest.end(), file.endBytes());
  }

  /** Both are in the order of oids. */
  private void compare(UnderWay transaction, List<RecordedChange> found) throws IOException {
    Tid tid = transaction.tid();
    List<RecordedChange> expected = transaction.expected();
    if (found.size() != expected.size()) {
      different++;
      report("transaction %s: expected %s objects, found %s", tid, expected.size(), found.size());
      return;
    }
    for (int i = 0; i < found.size(); i++) {
      if (!found.get(i).equals(expected.get(i))) {
        different++;
        report("transaction %s: oid %s differs", tid, expected.get(i).oid());
        return;
      }
    }
    for (Map.Entry<Oid, BlobSource> blob : transaction.blobs().entrySet()) {
      if (!isBlobEqual(blob.getKey(), tid, blob.getValue())) {
        different++;
        report("transaction %s: the blob of oid %s differs", tid, blob.getKey());
        return;
      }
      blobs++;
    }
  }

  private boolean isBlobEqual(Oid oid, Tid tid, BlobSource expected) throws IOException {
    Blob found;
    try {
      found = store.openBlob(oid, tid);
    } catch (UnknownBlobException e) {
      return false;
    }
    return BlobComparison.isEqual(expected, found);
  }

  private static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void report(String format, Object... values) {
    if (differences.size() < DIFFERENCES_MAX) {
      differences.add(String.format(Locale.ROOT, format, values));
    }
  }
}
