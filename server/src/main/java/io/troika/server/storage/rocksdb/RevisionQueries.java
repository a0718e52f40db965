package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.InvariantViolation;
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
import io.troika.server.log.AccessCodec;
import io.troika.server.log.GroupCodec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The questions of {@link io.troika.server.core.RevisionReader} as seeks in an open database. Each
 * looks at one moment: one cursor, one key, or a frozen view.
 */
final class RevisionQueries {
  private final RocksDatabase database;
  private final NewestRevisions newestRevisions;

  RevisionQueries(RocksDatabase database, NewestRevisions newestRevisions) {
    this.database = database;
    this.newestRevisions = newestRevisions;
  }

  @Nullable StoredRevision newestBefore(StorageId storage, Oid oid, Tid before) {
    if (before.isNone()) {
      return null;
    }
    StoredRevision newest = newestRevisions.of(storage, oid);
    if (newest != null && newest.tid().compareTo(before) < 0) {
      return newest;
    }
    try (Cursor cursor = database.cursorWithinPrefix(Family.REVISIONS)) {
      return cursor.seek(keyBefore(storage, oid, before)) ? revision(oid, cursor) : null;
    }
  }

  /**
   * In one walk: a new cursor and a seek for each object is most of what a large transaction cost.
   *
   * @param oids ascending
   */
  Map<Oid, ObjectSerial> newestSerials(StorageId storage, List<Oid> oids) {
    Map<Oid, ObjectSerial> serials = new HashMap<>();
    try (SerialWalk walk = new SerialWalk(database, storage)) {
      for (Oid oid : oids) {
        ObjectSerial newest = walk.newest(oid);
        if (newest != null) {
          serials.put(oid, newest);
        }
      }
    }
    return serials;
  }

  @Nullable StoredRevision at(StorageId storage, Oid oid, Tid tid) {
    byte[] value = database.get(Family.REVISIONS, Keys.revision(storage, oid, tid));
    return value == null ? null : Values.decodeRevision(oid, tid, value);
  }

  @Nullable Tid nextTid(StorageId storage, Oid oid, Tid tid) {
    if (tid.equals(Tid.MAX)) {
      return null;
    }
    StoredRevision newest = newestRevisions.of(storage, oid);
    if (newest != null && newest.tid().compareTo(tid) <= 0) {
      return null;
    }
    // Keys descend by tid: the smallest greater tid is the last key that is not beyond tid + 1.
    try (Cursor cursor = database.cursorWithinPrefix(Family.REVISIONS)) {
      byte[] limit = Keys.revision(storage, oid, new Tid(tid.value() + 1));
      return cursor.seekBackwards(limit) ? Keys.tidOf(cursor.key()) : null;
    }
  }

  List<StoredRevision> history(StorageId storage, Oid oid, Tid before, int limit) {
    List<StoredRevision> history = new ArrayList<>();
    if (before.isNone() || limit <= 0) {
      return history;
    }
    try (Cursor cursor = database.cursorWithinPrefix(Family.REVISIONS)) {
      boolean found = cursor.seek(keyBefore(storage, oid, before));
      while (found) {
        history.add(revision(oid, cursor));
        found = history.size() < limit && cursor.next();
      }
    }
    return history;
  }

  List<Oid> oids(StorageId storage, Oid from, int limit) {
    List<Oid> oids = new ArrayList<>();
    if (limit <= 0) {
      return oids;
    }
    try (Cursor cursor = database.cursor(Family.REVISIONS)) {
      boolean found = cursor.seek(Keys.firstRevision(storage, from));
      while (found && Keys.isOfStorage(cursor.key(), storage)) {
        Oid oid = Keys.oidOf(cursor.key());
        oids.add(oid);
        found = oids.size() < limit && toNextObject(cursor, storage, oid);
      }
    }
    return oids;
  }

  /** Most objects have few revisions: a step is tried before a seek. */
  private static boolean toNextObject(Cursor cursor, StorageId storage, Oid oid) {
    if (!cursor.next()) {
      return false;
    }
    byte[] key = cursor.key();
    if (!Keys.isOfStorage(key, storage) || !Keys.oidOf(key).equals(oid)) {
      return true;
    }
    return !oid.equals(Oid.MAX) && cursor.seek(Keys.firstRevision(storage, oid.next()));
  }

  List<RevisionHead> heads(StorageId storage, Oid from, Tid before, int limit, long bytesMax) {
    List<RevisionHead> heads = new ArrayList<>();
    if (limit <= 0) {
      return heads;
    }
    try (Cursor cursor = database.cursor(Family.REVISIONS)) {
      long bytes = 0;
      boolean found = before.isNone() ? false : cursor.seek(keyBefore(storage, from, before));
      if (before.isNone() && !from.equals(Oid.MAX)) {
        found = cursor.seek(Keys.firstRevision(storage, from.next()));
      }
      while (found && bytes < bytesMax && Keys.isOfStorage(cursor.key(), storage)) {
        RevisionHead head = RevisionHead.of(revision(Keys.oidOf(cursor.key()), cursor));
        heads.add(head);
        bytes += head.dataBytes();
        found = heads.size() < limit && cursor.next();
      }
    }
    return heads;
  }

  @Nullable PackState pack(StorageId storage) {
    byte[] value = database.get(Family.PACKS, Keys.pack(storage));
    return value == null ? null : Values.decodePack(value);
  }

  @Nullable TransactionRecord transaction(StorageId storage, Tid tid) {
    byte[] value = database.get(Family.TRANSACTIONS, Keys.transaction(storage, tid));
    return value == null ? null : Values.decodeTransaction(tid, value);
  }

  List<TransactionRecord> transactions(StorageId storage, Tid after, Tid upTo, int limit) {
    List<TransactionRecord> transactions = new ArrayList<>();
    if (after.compareTo(upTo) >= 0 || limit <= 0) {
      return transactions;
    }
    try (Cursor cursor = database.cursor(Family.TRANSACTIONS)) {
      boolean found = cursor.seek(Keys.transaction(storage, new Tid(after.value() + 1)));
      while (found && Keys.isOfStorage(cursor.key(), storage)) {
        TransactionRecord transaction = transaction(cursor);
        if (transaction.tid().compareTo(upTo) > 0) {
          break;
        }
        transactions.add(transaction);
        found = transactions.size() < limit && cursor.next();
      }
    }
    return transactions;
  }

  List<TransactionRecord> transactionsBackwards(StorageId storage, Tid before, int limit) {
    List<TransactionRecord> transactions = new ArrayList<>();
    if (before.isNone() || limit <= 0) {
      return transactions;
    }
    try (Cursor cursor = database.cursor(Family.TRANSACTIONS)) {
      boolean found = cursor.seekBackwards(Keys.transaction(storage, new Tid(before.value() - 1)));
      while (found && Keys.isOfStorage(cursor.key(), storage)) {
        transactions.add(transaction(cursor));
        found = transactions.size() < limit && cursor.previous();
      }
    }
    return transactions;
  }

  @Nullable TransactionOutcome outcome(TransactionId id) {
    ExpiringOutcome remembered = expiringOutcome(id);
    return remembered == null ? null : remembered.outcome();
  }

  @Nullable ExpiringOutcome expiringOutcome(TransactionId id) {
    byte[] value = database.get(Family.OUTCOMES, Keys.outcome(id));
    return value == null ? null : Values.decodeOutcome(id, value);
  }

  /** The highest sequence of a client of which an outcome is recorded; -1 if there is none. */
  long newestSequence(UUID client) {
    try (Cursor cursor = database.cursor(Family.OUTCOMES)) {
      if (!cursor.seekBackwards(Keys.outcome(new TransactionId(client, Long.MAX_VALUE)))) {
        return -1;
      }
      TransactionId last = Keys.idOfOutcome(cursor.key());
      return last.client().equals(client) ? last.sequence() : -1;
    }
  }

  List<ExpiringOutcome> outcomes(@Nullable TransactionId after, int limit) {
    List<ExpiringOutcome> outcomes = new ArrayList<>();
    if (limit <= 0) {
      return outcomes;
    }
    try (Cursor cursor = database.cursor(Family.OUTCOMES)) {
      boolean found = after == null ? cursor.seekToFirst() : seekAfter(cursor, Keys.outcome(after));
      while (found) {
        TransactionId id = Keys.idOfOutcome(cursor.key());
        outcomes.add(Values.decodeOutcome(id, cursor.value()));
        found = outcomes.size() < limit && cursor.next();
      }
    }
    return outcomes;
  }

  private static boolean seekAfter(Cursor cursor, byte[] key) {
    if (!cursor.seek(key)) {
      return false;
    }
    return !Arrays.equals(cursor.key(), key) || cursor.next();
  }

  /**
   * @param fromMillis nothing expires before it: spares the walk over what was deleted there
   */
  List<ExpiringOutcome> expiredOutcomes(long fromMillis, long timeMillis, int limit) {
    List<ExpiringOutcome> expired = new ArrayList<>();
    if (limit <= 0) {
      return expired;
    }
    try (RocksDatabase.Frozen frozen = database.freeze();
        Cursor cursor = frozen.cursor(Family.OUTCOME_EXPIRIES)) {
      boolean found = cursor.seek(Keys.firstExpiry(fromMillis));
      while (found && Keys.expiresMillisOf(cursor.key()) <= timeMillis) {
        TransactionId id = Keys.idOfExpiry(cursor.key());
        byte[] value = frozen.get(Family.OUTCOMES, Keys.outcome(id));
        if (value == null) {
          throw new InvariantViolation("outcome of " + id + ": it has an expiry and is not there");
        }
        expired.add(Values.decodeOutcome(id, value));
        found = expired.size() < limit && cursor.next();
      }
    }
    return expired;
  }

  /** The earliest expiry {@code >= fromMillis}, or {@link Long#MAX_VALUE}. */
  long earliestExpiryMillis(long fromMillis) {
    try (Cursor cursor = database.cursor(Family.OUTCOME_EXPIRIES)) {
      boolean found = cursor.seek(Keys.firstExpiry(fromMillis));
      return found ? Keys.expiresMillisOf(cursor.key()) : Long.MAX_VALUE;
    }
  }

  /** What the database says of the group and its storages. */
  PublishedState state() {
    byte[] group = database.get(Family.META, Keys.group());
    List<StorageState> storages = new ArrayList<>();
    try (Cursor cursor = database.cursor(Family.META)) {
      boolean found = cursor.seek(Keys.firstStorageState());
      while (found) {
        storages.add(Values.decodeStorage(cursor.value()));
        found = cursor.next();
      }
    }
    return new PublishedState(
        group == null ? GroupState.INITIAL : Values.decodeGroup(group),
        storages,
        AccessCodec.decodeStored(database.get(Family.META, Keys.access())),
        GroupCodec.decodeStored(database.get(Family.META, Keys.catalog())));
  }

  private static byte[] keyBefore(StorageId storage, Oid oid, Tid before) {
    return Keys.revision(storage, oid, new Tid(before.value() - 1));
  }

  private static StoredRevision revision(Oid oid, Cursor cursor) {
    return Values.decodeRevision(oid, Keys.tidOf(cursor.key()), cursor.value());
  }

  private static TransactionRecord transaction(Cursor cursor) {
    return Values.decodeTransaction(Keys.tidOfTransaction(cursor.key()), cursor.value());
  }
}
