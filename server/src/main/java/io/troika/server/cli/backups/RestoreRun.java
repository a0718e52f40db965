package io.troika.server.cli.backups;

import io.troika.client.Freshness;
import io.troika.client.InvalidRequestException;
import io.troika.client.ObjectStore;
import io.troika.client.ReadView;
import io.troika.client.StorageInfo;
import io.troika.client.StorageReplacement;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.server.backup.BackupCheck;
import io.troika.server.backup.BackupException;
import io.troika.server.cli.imports.ImportBatches;
import io.troika.server.cli.imports.ImportException;
import io.troika.server.cli.output.TransactionProgress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Gives a storage the content of a backup. All of it goes into a storage of another name first and
 * is read back; then that one takes the place of the old one, in one step, as its next epoch. So
 * clients see the old content or the new one and never a part, and a restore that dies half way has
 * changed nothing that they see; started again it goes on where it was.
 *
 * <p>Memory: two batches, of blobs a few pieces. Not thread-safe.
 */
public final class RestoreRun {
  /** Behind the name of a storage: what is on the way to take its place. */
  static final String SUFFIX = ".restoring";

  private final TroikaClient leading;
  private final TroikaClient reading;
  private final RestorePoint point;
  private final String name;
  private final Progress progress;
  private long transactions;
  private Tid lastTid = Tid.NONE;

  private RestoreRun(
      TroikaClient leading,
      TroikaClient reading,
      RestorePoint point,
      String name,
      Progress progress) {
    this.leading = leading;
    this.reading = reading;
    this.point = point;
    this.name = name;
    this.progress = progress;
  }

  /** For a progress bar for each part; called on the working thread. */
  public interface Progress {
    Progress NONE = part -> TransactionProgress.NONE;

    /** A part of the work begins. */
    TransactionProgress begin(String part);
  }

  /**
   * Restores.
   *
   * @param leading a client of the cluster that has not been used yet
   * @param reading another one, for reading back
   * @param name of the storage to be restored; it is made if there is none
   * @param replace whether it may have anything in it, which is lost then
   * @throws RestoreException if it may not, or what is read back differs
   * @throws BackupException if the backup is damaged
   * @throws io.troika.client.TroikaException if the cluster can't be reached
   */
  public static RestoreReport run(
      TroikaClient leading,
      TroikaClient reading,
      RestorePoint point,
      String name,
      boolean replace,
      Progress progress)
      throws IOException, RestoreException {
    return new RestoreRun(leading, reading, point, name, progress).run(replace);
  }

  private RestoreReport run(boolean replace) throws IOException, RestoreException {
    StorageInfo target = requireReplaceable(replace);
    requireWhole();
    long before = prepare();
    load(before);
    ReadBack.Compared compared = readBack();
    Tid first = takePlace(target, replace);
    return new RestoreReport(
        lastTid,
        before,
        transactions,
        compared.records(),
        compared.blobs(),
        first,
        target.epoch() + 1);
  }

  /** Before anything is done; it is checked again when it happens. */
  private StorageInfo requireReplaceable(boolean replace) throws RestoreException {
    StorageInfo created = leading.admin().createStorage(name);
    StorageInfo target = leading.store(created.name()).info();
    if (!target.lastTid().isNone() && !replace) {
      throw RestoreException.refused(
          ("storage %s: it has %s transactions up to %s, which a restore would put out of the way"
                  + " for good; if that is meant, say --replace")
              .formatted(name, target.transactionCount(), target.lastTid()));
    }
    return target;
  }

  private void requireWhole() throws IOException {
    TransactionProgress checking = progress.begin("Checking");
    BackupCheck.Result result =
        BackupCheck.of(point.directory(), List.of(point.needed()), checking::advanced);
    if (!result.isWhole()) {
      throw new BackupException("the backup is damaged: " + result.damages().get(0));
    }
  }

  /** Makes the storage to fill, or finds how much an interrupted restore has put there. */
  private long prepare() throws IOException {
    String group = leading.store(name).info().group(); // one takes the other's place in its group
    StorageInfo begun = leading.admin().createStorage(temporary(), group);
    if (begun.lastTid().isNone()) {
      return 0;
    }
    long count =
        begun.lastTid().value() > point.upTo().value()
            ? -1
            : BackupTransactions.countUpTo(point, begun.lastTid());
    if (count == begun.transactionCount()) {
      lastTid = begun.lastTid();
      return count;
    }
    // Of another backup, or of another state of this one.
    leading.admin().dropStorage(temporary(), begun.epoch());
    StorageInfo unused = leading.admin().createStorage(temporary(), group);
    return 0;
  }

  private String temporary() {
    return name + SUFFIX;
  }

  /** While one batch is under way the next one is read. */
  private void load(long before) throws IOException, RestoreException {
    TransactionProgress restoring = progress.begin("Restoring");
    ObjectStore store = leading.store(temporary());
    try (BackupTransactions source = BackupTransactions.open(point)) {
      source.skip(before);
      ImportBatches batches = new ImportBatches(source, ImportBatches.Limits.DEFAULT);
      ImportBatches.@Nullable Batch sent = batches.next();
      while (sent != null) {
        CompletableFuture<Tid> answer = store.restoreAsync(sent.transactions());
        ImportBatches.Batch next = batches.next();
        lastTid = Waiting.on(answer);
        transactions += sent.transactions().size();
        restoring.advanced(sent.end(), point.sizeBytes());
        sent = next;
      }
    } catch (ImportException e) {
      throw new IllegalStateException("a backup refuses nothing", e);
    } catch (InvalidRequestException e) {
      throw RestoreException.refused(
          "storage %s, after transaction %s: %s".formatted(temporary(), lastTid, e.getMessage()));
    }
  }

  private ReadBack.Compared readBack() throws IOException, RestoreException {
    ObjectStore store = reading.store(temporary());
    try (ReadView view = store.view(Freshness.LINEARIZABLE)) {
      if (!view.tid().equals(lastTid)) {
        throw RestoreException.different(
            "storage %s: it ends with %s, expected %s".formatted(temporary(), view.tid(), lastTid));
      }
    }
    return ReadBack.run(store, point, progress.begin("Reading back"));
  }

  private Tid takePlace(StorageInfo target, boolean replace) {
    return leading
        .admin()
        .replaceStorage(
            new StorageReplacement(
                name,
                target.epoch(),
                replace ? Tid.MAX : Tid.NONE,
                temporary(),
                lastTid,
                new Tid(Math.min(point.horizon().value(), lastTid.value())),
                "restored from a backup of storage %s as of %s"
                    .formatted(point.storage(), point.upTo())));
  }
}
