package io.troika.server.core.pack;

import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.transaction.StorageView;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Plans the removal of objects that somebody found to be out of reach as of a transaction. What was
 * written since is looked at here, where nothing can come in between: an object that was written
 * stays; if one is referred to, or that cannot be ruled out, all stay and whoever found them has to
 * look again.
 */
public final class GarbageRemoval {
  /** No more transactions than these are looked at. */
  static final int TRANSACTIONS_MAX = 1_000;

  /** Nor, after a record that exceeds it, more data. */
  static final long BYTES_MAX = 4 << 20;

  private final StorageView storage;
  private final ReferenceFinder finder;
  private final TreeSet<Oid> oids = new TreeSet<>();
  private long bytesLeft = BYTES_MAX;

  private GarbageRemoval(StorageView storage, ReferenceFinder finder, List<Garbage> objects) {
    this.storage = storage;
    this.finder = finder;
    objects.forEach(each -> oids.add(each.oid()));
  }

  /**
   * Whether no transaction after {@code asOf} refers to one of the objects.
   *
   * @param since the transactions after a tid, at most so many
   */
  public static boolean isCurrent(
      StorageView storage,
      ReferenceFinder finder,
      Tid asOf,
      List<Garbage> objects,
      BiFunction<Tid, Integer, List<TransactionRecord>> since) {
    List<TransactionRecord> transactions = since.apply(asOf, TRANSACTIONS_MAX + 1);
    if (transactions.size() > TRANSACTIONS_MAX) {
      return false;
    }
    GarbageRemoval removal = new GarbageRemoval(storage, finder, objects);
    return transactions.stream().noneMatch(removal::mayRefer);
  }

  private boolean mayRefer(TransactionRecord transaction) {
    for (Oid oid : transaction.oids()) {
      @Nullable StoredRevision revision = storage.at(oid, transaction.tid());
      if (revision != null && !revision.isAbsent() && mayRefer(revision)) {
        return true;
      }
    }
    return false;
  }

  private boolean mayRefer(StoredRevision revision) {
    @Nullable StoredRevision origin = storage.origin(revision);
    if (origin == null || origin.data() == null || bytesLeft <= 0) {
      return true;
    }
    Bytes data = origin.data();
    bytesLeft -= data.size();
    try {
      return finder.references(data).stream().anyMatch(oids::contains);
    } catch (UnreadableReferencesException e) {
      return true;
    }
  }

  /** Plans the removal of those that are as they were seen and lie before the horizon. */
  public static void plan(
      StorageView storage, Tid horizon, List<Garbage> objects, PackDraft draft) {
    TreeSet<Oid> taken = new TreeSet<>();
    for (Garbage each : objects) {
      @Nullable StoredRevision newest = storage.newest(each.oid());
      if (newest != null
          && newest.tid().equals(each.serial())
          && newest.tid().compareTo(horizon) <= 0
          && taken.add(each.oid())) {
        draft.removeObject(RevisionHead.of(newest));
      }
    }
  }
}
