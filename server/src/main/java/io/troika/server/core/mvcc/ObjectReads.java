package io.troika.server.core.mvcc;

import static io.troika.server.core.model.Checks.checkInvariant;
import static io.troika.server.core.model.Checks.requireArgument;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Revision;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.core.mvcc.LoadResult.Missing;
import io.troika.server.core.mvcc.LoadResult.Why;
import io.troika.server.core.mvcc.SerialResult.Seen;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads of objects over a {@link RevisionReader}; see {@link TransactionReads} for transactions.
 *
 * <p>Safe for any thread. What is read at or below a storage's last tid never changes (but for
 * packing), so answers bounded by one applied tid fit together. Questions beyond the last tid are
 * answered from what is applied: waiting for a tid is the caller's business.
 *
 * <p>A storage that does not exist answers as an empty one.
 */
public final class ObjectReads {
  private static final int ATTEMPTS_MAX = 8;

  /** From so many on a walk is cheaper than a search for each. */
  private static final int MANY_SERIALS = 64;

  private final RevisionReader reader;

  public ObjectReads(RevisionReader reader) {
    this.reader = reader;
  }

  /** The newest revision of the object. */
  public LoadResult current(StorageId storage, Oid oid) {
    return loadBefore(storage, oid, Tid.MAX);
  }

  /**
   * The newest revision with a tid {@code < before} ({@code IStorage.loadBefore}); a read view at
   * tid T asks for {@code before = T + 1}.
   */
  public LoadResult loadBefore(StorageId storage, Oid oid, Tid before) {
    StoredRevision stored = reader.newestBefore(storage, oid, before);
    Tid next = nextTid(storage, stored, before);
    Missing missing = missing(storage, oid, before, stored, next);
    if (missing != null) {
      return missing;
    }
    StoredRevision found = requireNonNull(stored);
    Bytes data = dataIfThere(storage, found);
    return data == null
        ? new Missing(oid, Why.PACKED)
        : new Found(new Revision(oid, found.tid(), data, next));
  }

  /** Which revision {@link #loadBefore} finds, without resolving its data. */
  public SerialResult serialBefore(StorageId storage, Oid oid, Tid before) {
    StoredRevision stored = reader.unreadBefore(storage, oid, before);
    Missing missing = missing(storage, oid, before, stored, nextTid(storage, stored, before));
    return missing != null ? missing : new Seen(oid, requireNonNull(stored).tid());
  }

  /** The same for each of these objects, in their order; many are looked up in one walk. */
  public List<SerialResult> serialsBefore(StorageId storage, List<Oid> oids, Tid before) {
    Map<Oid, ObjectSerial> newest =
        oids.size() < MANY_SERIALS
            ? Collections.emptyMap()
            : reader.newestSerials(storage, oids.stream().sorted().distinct().toList());
    List<SerialResult> results = new ArrayList<>(oids.size());
    for (Oid oid : oids) {
      ObjectSerial serial = newest.get(oid);
      if (serial != null && !serial.isAbsent() && serial.tid().compareTo(before) < 0) {
        results.add(new Seen(oid, serial.tid()));
      } else {
        results.add(serialBefore(storage, oid, before));
      }
    }
    return results;
  }

  private @Nullable Tid nextTid(StorageId storage, @Nullable StoredRevision found, Tid before) {
    return found == null || isNewest(storage, before)
        ? null
        : reader.nextTid(storage, found.oid(), found.tid());
  }

  /** What is answered to a read that found no object; null if it found one. */
  private @Nullable Missing missing(
      StorageId storage, Oid oid, Tid before, @Nullable StoredRevision found, @Nullable Tid next) {
    if (mayBePacked(storage, found, before, next)) {
      return new Missing(oid, Why.PACKED);
    }
    if (found == null) {
      boolean later = reader.unreadBefore(storage, oid, Tid.MAX) != null;
      return new Missing(oid, later ? Why.NOT_YET : Why.UNKNOWN);
    }
    return found.isAbsent() ? new Missing(oid, Why.ABSENT) : null;
  }

  /**
   * Whether the answer to a read below the pack horizon may be another than what was found. It is
   * certain if that is still current at the horizon: then packing keeps it, and took nothing that
   * came after it. Asks for the horizon after what was read, so a pack that began meanwhile counts.
   */
  private boolean mayBePacked(
      StorageId storage, @Nullable StoredRevision found, Tid before, @Nullable Tid next) {
    Tid packTid = packTid(storage);
    if (packTid.isNone() || before.compareTo(packTid) > 0) {
      return false;
    }
    return found == null || found.isAbsent() || (next != null && next.compareTo(packTid) <= 0);
  }

  /**
   * Whether a revision that was just found as the newest before {@code before} was the newest of
   * all: so if even now no transaction is at or after {@code before}. Saves a search in the store.
   */
  private boolean isNewest(StorageId storage, Tid before) {
    if (before.equals(Tid.MAX)) {
      return true;
    }
    StorageState state = reader.storage(storage);
    return state != null && state.lastTid().compareTo(before) < 0;
  }

  /** Exactly the revision that transaction {@code serial} wrote ({@code IStorage.loadSerial}). */
  public LoadResult loadSerial(StorageId storage, Oid oid, Tid serial) {
    StoredRevision stored = reader.at(storage, oid, serial);
    if (stored == null) {
      boolean packed = serial.compareTo(packTid(storage)) < 0;
      return new Missing(oid, packed ? Why.PACKED : Why.UNKNOWN);
    }
    if (stored.isAbsent()) {
      return new Missing(oid, Why.ABSENT);
    }
    Tid next = reader.nextTid(storage, oid, serial);
    Bytes data = dataIfThere(storage, stored);
    return data == null
        ? new Missing(oid, Why.PACKED)
        : new Found(new Revision(oid, serial, data, next));
  }

  /**
   * The data of a revision, wherever it is stored.
   *
   * @throws IllegalArgumentException if the revision says that the object is absent
   * @throws IllegalStateException if the revision was packed away since it was read
   */
  public Bytes data(StorageId storage, StoredRevision revision) {
    return requireNonNull(origin(storage, revision).data());
  }

  /**
   * The revision that has the data of this one: itself, or the one that it shares with.
   *
   * @throws IllegalArgumentException if the revision says that the object is absent
   * @throws IllegalStateException if the revision was packed away since it was read
   */
  public StoredRevision origin(StorageId storage, StoredRevision revision) {
    StoredRevision origin = originIfThere(storage, revision);
    if (origin == null) {
      throw new IllegalStateException(
          "oid " + revision.oid() + " at " + revision.tid() + " was packed away meanwhile");
    }
    return origin;
  }

  /** As {@link #data}; null if the revision was packed away since it was read. */
  public @Nullable Bytes dataIfThere(StorageId storage, StoredRevision revision) {
    StoredRevision origin = originIfThere(storage, revision);
    return origin == null ? null : origin.data();
  }

  /** As {@link #origin}; null if the revision was packed away since it was read. */
  @Nullable StoredRevision originIfThere(StorageId storage, StoredRevision revision) {
    requireArgument(!revision.isAbsent(), "oid %s is absent at %s", revision.oid(), revision.tid());
    StoredRevision known = revision;
    // A pack gives a revision other data to share, or its own: twice at most for each pack.
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (known.data() != null) {
        return known;
      }
      StoredRevision origin = reader.at(storage, known.oid(), known.dataTid());
      if (origin != null && origin.data() != null) {
        return origin;
      }
      StoredRevision again = reader.at(storage, known.oid(), known.tid());
      if (again == null) {
        return null;
      }
      checkInvariant(
          !again.equals(known),
          "oid %s at %s shares the data of %s, which has none",
          known.oid(),
          known.tid(),
          known.dataTid());
      known = again;
    }
    return null;
  }

  /** Revisions of the object, newest first, at most {@code limit}; empty if it is unknown. */
  public List<HistoryEntry> history(StorageId storage, Oid oid, int limit) {
    return history(storage, oid, Tid.MAX, limit);
  }

  /** The same for revisions with a tid {@code < newerThanAll}. */
  public List<HistoryEntry> history(StorageId storage, Oid oid, Tid newerThanAll, int limit) {
    requireArgument(limit >= 1, "history limit %s: expected 1 or more", limit);
    List<HistoryEntry> history = new ArrayList<>();
    Tid before = newerThanAll;
    while (history.size() < limit) {
      // One at a time: a revision can be megabytes, and only its size is wanted.
      List<StoredRevision> next = reader.history(storage, oid, before, 1);
      if (next.isEmpty()) {
        break;
      }
      StoredRevision revision = next.get(0);
      HistoryEntry entry = historyEntry(storage, revision);
      if (entry == null) {
        break;
      }
      history.add(entry);
      before = revision.tid();
    }
    return history;
  }

  /** Null if the revision was packed away since it was read. */
  private @Nullable HistoryEntry historyEntry(StorageId storage, StoredRevision revision) {
    TransactionRecord transaction = reader.transaction(storage, revision.tid());
    checkInvariant(
        transaction != null || revision.tid().compareTo(packTid(storage)) <= 0,
        "%s: transaction %s of oid %s is not there",
        storage,
        revision.tid(),
        revision.oid());
    Bytes data = revision.isAbsent() ? Bytes.EMPTY : dataIfThere(storage, revision);
    return transaction == null || data == null
        ? null
        : new HistoryEntry(
            revision.tid(), transaction.metadata(), data.size(), revision.isAbsent());
  }

  /**
   * Oids {@code >= from} of objects that exist in the read view at {@code at}, ascending, at most
   * {@code limit}.
   */
  public List<Oid> objects(StorageId storage, Oid from, Tid at, int limit) {
    requireArgument(limit >= 1, "object limit %s: expected 1 or more", limit);
    requireArgument(!at.equals(Tid.MAX), "no read view can be at %s", at);
    Tid before = new Tid(at.value() + 1);
    List<Oid> existing = new ArrayList<>();
    @Nullable Oid next = from;
    while (next != null && existing.size() < limit) {
      List<Oid> chunk = reader.oids(storage, next, limit);
      for (Oid oid : chunk) {
        StoredRevision revision = reader.unreadBefore(storage, oid, before);
        if (revision != null && !revision.isAbsent() && existing.size() < limit) {
          existing.add(oid);
        }
      }
      Oid last = chunk.size() < limit ? null : chunk.get(chunk.size() - 1);
      next = last == null || last.equals(Oid.MAX) ? null : last.next();
    }
    return existing;
  }

  /** What one transaction wrote of one object, or null; shared data is not resolved. */
  public @Nullable StoredRevision record(StorageId storage, Oid oid, Tid tid) {
    return reader.at(storage, oid, tid);
  }

  private Tid packTid(StorageId storage) {
    StorageState state = reader.storage(storage);
    return state == null ? Tid.NONE : state.packTid();
  }
}
