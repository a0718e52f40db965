package io.troika.server.cli.imports;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Change;
import io.troika.client.RestoredTransaction.Shared;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads every transaction back from a storage and holds it against the file: tid, status, user,
 * description, extension, and every object byte for byte.
 */
public final class ImportVerification {
  private static final int DIFFERENCES_MAX = 20;

  private final ObjectStore store;
  private final List<String> differences = new ArrayList<>();
  private long transactions;
  private long lost;
  private long extra;
  private long different;

  private ImportVerification(ObjectStore store) {
    this.store = store;
  }

  /**
   * What the comparison found.
   *
   * @param transactions that were compared
   * @param lost transactions of the file that the storage lacks
   * @param extra transactions of the storage, up to the last one of the file, that the file lacks
   * @param different transactions that both have but differ
   * @param differences the first of them, for people
   */
  public record Result(
      long transactions, long lost, long extra, long different, List<String> differences) {
    public Result {
      differences = List.copyOf(differences);
    }

    /** Whether the storage has what the file has. */
    public boolean isEqual() {
      return lost == 0 && extra == 0 && different == 0;
    }
  }

  /**
   * Compares the whole transactions of the file with the storage. What was committed to the storage
   * after the last of them is not looked at.
   */
  public static Result run(Path file, ObjectStore store, TransactionProgress progress)
      throws IOException, ImportException {
    ImportVerification verification = new ImportVerification(store);
    try (FileTransactions expected = FileTransactions.open(file);
        Stream<TransactionRecord> found = store.transactions(TransactionQuery.after(Tid.NONE))) {
      verification.compare(expected, found.iterator(), progress);
    }
    return new Result(
        verification.transactions,
        verification.lost,
        verification.extra,
        verification.different,
        verification.differences);
  }

  /** Both sides ascend by tid: a merge finds what one of them lacks. */
  private void compare(
      FileTransactions file, Iterator<TransactionRecord> storage, TransactionProgress progress)
      throws IOException, ImportException {
    @Nullable TransactionRecord found = storage.hasNext() ? storage.next() : null;
    for (@Nullable RestoredTransaction expected = file.next();
        expected != null;
        expected = file.next()) {
      transactions++;
      while (found != null && found.tid().compareTo(expected.tid()) < 0) {
        extra++;
        report("transaction %s is not in the file", found.tid());
        found = storage.hasNext() ? storage.next() : null;
      }
      if (found == null || !found.tid().equals(expected.tid())) {
        lost++;
        report("transaction %s is not in the storage", expected.tid());
      } else {
        compare(expected, found);
        found = storage.hasNext() ? storage.next() : null;
      }
      progress.advanced(file.positionBytes(), file.fileSizeBytes());
    }
  }

  private void compare(RestoredTransaction expected, TransactionRecord found) {
    if (found.status() != expected.status() || !found.metadata().equals(expected.metadata())) {
      different++;
      report("transaction %s: status or metadata differ", expected.tid());
      return;
    }
    List<RecordedChange> changes = store.changes(expected.tid());
    if (changes.size() != expected.changes().size()) {
      different++;
      report(
          "transaction %s: expected %s objects, found %s",
          expected.tid(), expected.changes().size(), changes.size());
      return;
    }
    for (int i = 0; i < changes.size(); i++) {
      if (!equal(expected.changes().get(i), changes.get(i))) {
        different++;
        report("transaction %s: oid %s differs", expected.tid(), expected.changes().get(i).oid());
        return;
      }
    }
  }

  /** Both are in the order of oids. */
  private boolean equal(Change expected, RecordedChange found) {
    if (!expected.oid().equals(found.oid())) {
      return false;
    }
    if (expected instanceof Written written) {
      return found.data().equals(Optional.of(written.data()));
    }
    if (expected instanceof Shared shared) {
      return found.data().isPresent()
          && found.data().equals(dataOf(shared.oid(), shared.dataTid()));
    }
    return found.data().isEmpty();
  }

  private Optional<Bytes> dataOf(Oid oid, Tid serial) {
    return store.loadSerial(oid, serial).map(Revision::data);
  }

  private void report(String format, Object... values) {
    if (differences.size() < DIFFERENCES_MAX) {
      differences.add(String.format(Locale.ROOT, format, values));
    }
  }
}
