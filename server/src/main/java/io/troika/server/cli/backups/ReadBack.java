package io.troika.server.cli.backups;

import io.troika.client.BlobSource;
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
import io.troika.server.cli.imports.BlobComparison;
import io.troika.server.cli.output.TransactionProgress;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Holds a storage against a backup: it must have the same transactions, and each the same status,
 * metadata, objects and blobs, byte for byte. Ends at the first difference. Memory: the
 * transactions that are asked for at once, or one where that is larger; of blobs a few MiB.
 */
final class ReadBack {
  private static final int WINDOW_MAX = 32;
  private static final long WINDOW_BYTES_MAX = 8 << 20;

  private final ObjectStore store;
  private final ArrayDeque<UnderWay> window = new ArrayDeque<>();
  private long windowBytes;
  private long records;
  private long blobs;

  private ReadBack(ObjectStore store) {
    this.store = store;
  }

  /** So many records were equal, and so many blobs. */
  record Compared(long records, long blobs) {}

  private record UnderWay(
      RestoredTransaction expected, long bytes, CompletableFuture<List<RecordedChange>> found) {}

  /**
   * Compares.
   *
   * @return what was compared
   * @throws RestoreException if there is a difference
   */
  static Compared run(ObjectStore store, RestorePoint point, TransactionProgress progress)
      throws IOException, RestoreException {
    ReadBack readBack = new ReadBack(store);
    try (BackupTransactions expected = BackupTransactions.open(point);
        Stream<TransactionRecord> found = store.transactions(TransactionQuery.after(Tid.NONE))) {
      Iterator<TransactionRecord> records = found.iterator();
      for (RestoredTransaction next = expected.next(); next != null; next = expected.next()) {
        readBack.ask(next, records.hasNext() ? Optional.of(records.next()) : Optional.empty());
        progress.advanced(expected.positionBytes(), point.sizeBytes());
      }
      if (records.hasNext()) {
        throw different("transaction " + records.next().tid() + " is not in the backup");
      }
      while (!readBack.window.isEmpty()) {
        readBack.compareOldest();
      }
    }
    return new Compared(readBack.records, readBack.blobs);
  }

  private void ask(RestoredTransaction expected, Optional<TransactionRecord> found)
      throws IOException, RestoreException {
    boolean equal =
        found.isPresent()
            && found.get().tid().equals(expected.tid())
            && found.get().status() == expected.status()
            && found.get().metadata().equals(expected.metadata());
    if (!equal) {
      throw different("transaction " + expected.tid() + " is not there, or its header differs");
    }
    long bytes = 0;
    for (Change change : expected.changes()) {
      bytes += change instanceof Written written ? written.data().size() : 0;
    }
    while (window.size() >= WINDOW_MAX
        || (!window.isEmpty() && windowBytes + bytes > WINDOW_BYTES_MAX)) {
      compareOldest();
    }
    window.add(new UnderWay(expected, bytes, store.changesAsync(expected.tid())));
    windowBytes += bytes;
  }

  /** Both are in the order of oids. */
  private void compareOldest() throws IOException, RestoreException {
    UnderWay oldest = window.remove();
    windowBytes -= oldest.bytes();
    List<RecordedChange> found = Waiting.on(oldest.found());
    List<Change> expected = oldest.expected().changes();
    Tid tid = oldest.expected().tid();
    if (found.size() != expected.size()) {
      throw different(
          "transaction %s: expected %s objects, found %s"
              .formatted(tid, expected.size(), found.size()));
    }
    for (int i = 0; i < found.size(); i++) {
      if (!isEqual(expected.get(i), found.get(i))) {
        throw different("transaction %s: oid %s differs".formatted(tid, expected.get(i).oid()));
      }
      if (expected.get(i) instanceof Written written && written.blob().isPresent()) {
        compareBlob(tid, written.oid(), written.blob().get());
      }
    }
    records += found.size();
  }

  private void compareBlob(Tid tid, Oid oid, BlobSource expected)
      throws IOException, RestoreException {
    if (!BlobComparison.isEqual(expected, store.openBlob(oid, tid))) {
      throw different("transaction %s: the blob of oid %s differs".formatted(tid, oid));
    }
    blobs++;
  }

  private static boolean isEqual(Change expected, RecordedChange found) {
    if (!found.oid().equals(expected.oid())) {
      return false;
    }
    if (expected instanceof Written written) {
      return found.dataTid().isNone()
          && found.hasBlob() == written.blob().isPresent()
          && found.data().equals(Optional.of(written.data()));
    }
    return expected instanceof Shared shared
        ? found.dataTid().equals(shared.dataTid())
        : found.data().isEmpty();
  }

  private static RestoreException different(String found) {
    return RestoreException.different("read back: " + found);
  }
}
