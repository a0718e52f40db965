package io.troika.server.core;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the state of one Raft group. Every method is safe for any thread at any time and sees whole
 * {@link ChangeSet}s only; two calls may see different ones. The states of group and storages may
 * show a moment after the rest of their change set, never before: what they name is there.
 * Revisions at or below the last tid of a storage never change (but for packing), so several calls
 * bounded by one tid are consistent.
 *
 * <p>Methods on a storage that does not exist answer as if it were empty; on one that was dropped
 * lately, perhaps as if it were not.
 */
public interface RevisionReader extends BlobReader {

  /**
   * As {@link #newestBefore}, but data that lies in a stage is not read, and may not be there any
   * longer when somebody does.
   */
  @Nullable StoredRevision unreadBefore(StorageId storage, Oid oid, Tid before);

  /** As {@link #at}, unread likewise. */
  @Nullable StoredRevision unreadAt(StorageId storage, Oid oid, Tid tid);

  /** The newest revision of the object with a tid {@code < before}, of any kind, or null. */
  @Nullable StoredRevision newestBefore(StorageId storage, Oid oid, Tid before);

  /** Exactly this revision, or null. */
  @Nullable StoredRevision at(StorageId storage, Oid oid, Tid tid);

  /** The tid of the object's first revision with a tid {@code > tid}, or null. */
  @Nullable Tid nextTid(StorageId storage, Oid oid, Tid tid);

  /**
   * What the newest revision of each of these objects is, of any kind; objects that have none are
   * left out. For many at once: a store that keeps neighbours together finds them in one walk.
   *
   * @param oids ascending, each once
   * @return the caller's own
   */
  default Map<Oid, ObjectSerial> newestSerials(StorageId storage, List<Oid> oids) {
    Map<Oid, ObjectSerial> serials = new HashMap<>();
    for (Oid oid : oids) {
      StoredRevision newest = unreadBefore(storage, oid, Tid.MAX);
      if (newest != null) {
        serials.put(oid, ObjectSerial.of(newest));
      }
    }
    return serials;
  }

  /** Revisions with a tid {@code < before}, newest first, at most {@code limit}. */
  List<StoredRevision> history(StorageId storage, Oid oid, Tid before, int limit);

  /** Oids {@code >= from} that have any revision, absent ones too, ascending, at most limit. */
  List<Oid> oids(StorageId storage, Oid from, int limit);

  /**
   * Revisions without their data, by ascending oid, the newest of an object first: those of {@code
   * from} with a tid {@code < before}, then those of greater oids. At most {@code limit}, and no
   * more once the data of those found has {@code bytesMax} bytes.
   */
  List<RevisionHead> heads(StorageId storage, Oid from, Tid before, int limit, long bytesMax);

  @Nullable TransactionRecord transaction(StorageId storage, Tid tid);

  /** Transactions with {@code after < tid <= upTo}, ascending, at most {@code limit}. */
  List<TransactionRecord> transactions(StorageId storage, Tid after, Tid upTo, int limit);

  /** Transactions with {@code tid < before}, newest first, at most {@code limit}. */
  List<TransactionRecord> transactionsBackwards(StorageId storage, Tid before, int limit);

  /** The remembered outcome, or null when none is (or no longer is). */
  @Nullable TransactionOutcome outcome(TransactionId id);

  /**
   * Remembered outcomes whose time is up at {@code timeMillis} (expiry {@code <= timeMillis}),
   * ordered by expiry, then id; at most {@code limit}.
   */
  List<ChangeSet.ExpiringOutcome> expiredOutcomes(long timeMillis, int limit);

  /**
   * Remembered outcomes with an id {@code > after} (null: from the first), ascending by id, at most
   * {@code limit}; for digests and verification, not for serving.
   */
  List<ChangeSet.ExpiringOutcome> outcomes(@Nullable TransactionId after, int limit);

  @Nullable StorageState storage(StorageId storage);

  /** The newest pack of the storage, running or done, or null when it was never packed. */
  @Nullable PackState pack(StorageId storage);

  /** All storages in the order of their ids. */
  List<StorageState> storages();

  /** Who may do what. Cheap. */
  AccessList access();

  /** Which groups there are beside the one that the cluster began with; empty but in that one. */
  GroupCatalog catalog();

  GroupState group();
}
