package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.log.DecodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks a store as of one moment and checks that
 *
 * <ul>
 *   <li>every block has its checksum and every key and value can be read;
 *   <li>a revision is not newer than its storage, and one that shares data shares that of a
 *       revision of the same object that has it;
 *   <li>every object of a transaction has its revision and there is no other revision;
 *   <li>every outcome has its expiry and there is no other expiry;
 *   <li>blobs are as {@link BlobVerification} says;
 *   <li>the counts that each storage keeps are those that were counted.
 * </ul>
 *
 * <p>What a pack that is half way may have removed is not asked for.
 */
final class StoreVerification {
  private static final int FAULTS_NAMED_MAX = 20;
  private static final int ROWS_PER_PULSE = 1_000;

  private final RocksDatabase database;
  private final PublishedState published;
  private final RocksDatabase.Frozen frozen;
  private final Runnable pulse;
  private final BlobVerification blobs;

  private final Map<StorageId, Tally> tallies = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();
  private long faultCount;
  private long rows;
  private long outcomes;

  /**
   * @param writer held while the moment is fixed
   * @param pulse called now and then; throws to end the walk
   */
  StoreVerification(OpenStore store, Object writer, Runnable pulse) {
    this.database = store.database();
    this.pulse = pulse;
    synchronized (writer) {
      store.deleteDropped();
      published = store.published();
      frozen = database.freeze();
    }
    blobs = new BlobVerification(frozen, this::fault);
  }

  VerificationReport run() {
    try (frozen) {
      database.verifyChecksums();
      published.storages().forEach(state -> tally(state.id()));
      walkRevisions();
      walkTransactions();
      walkOutcomes();
      blobs.walk(this::next);
      published.storages().forEach(state -> compare(state, tally(state.id())));
    } catch (DecodingException e) {
      throw new InvariantViolation("verification at " + position() + ": " + e.getMessage(), e);
    }
    if (faultCount > 0) {
      throw new InvariantViolation(
          "verification at %s: %d faults: %s%s"
              .formatted(
                  position(),
                  faultCount,
                  String.join("; ", faults),
                  faultCount > faults.size() ? "; …" : ""));
    }
    return report();
  }

  private String position() {
    return published.group().applied().toString();
  }

  private void walkRevisions() {
    try (Cursor cursor = frozen.cursor(Family.REVISIONS)) {
      ObjectWalk object = null;
      for (boolean found = cursor.seekToFirst(); found; found = next(cursor)) {
        byte[] key = cursor.key();
        StorageId storage = Keys.storageOf(key);
        Oid oid = Keys.oidOf(key);
        if (object == null || !object.isOf(storage, oid)) {
          finish(object);
          object = new ObjectWalk(storage, oid);
          begin(storage, oid);
        }
        object.add(Values.decodeRevision(oid, Keys.tidOf(key), cursor.value()));
      }
      finish(object);
    }
  }

  private void begin(StorageId storage, Oid oid) {
    StorageState state = published.storage(storage);
    // The very last oid can be stored; there is no next one to name then.
    boolean known =
        state != null && (oid.compareTo(state.nextOid()) < 0 || state.nextOid().equals(Oid.MAX));
    require(known, "%s, oid %s: not below the next oid, or no such storage", storage, oid);
  }

  private void finish(@Nullable ObjectWalk object) {
    if (object != null) {
      object.finish();
    }
  }

  private void walkTransactions() {
    try (Cursor cursor = frozen.cursor(Family.TRANSACTIONS)) {
      for (boolean found = cursor.seekToFirst(); found; found = next(cursor)) {
        StorageId storage = Keys.storageOf(cursor.key());
        Tid tid = Keys.tidOfTransaction(cursor.key());
        TransactionRecord transaction = Values.decodeTransaction(tid, cursor.value());
        Tally tally = tally(storage);
        tally.transactions++;
        tally.transactionBytes += transaction.sizeBytes();
        tally.transactionOids += transaction.oids().size();
        tally.lastTid = tid;
        if (tid.compareTo(packTid(storage)) > 0 || !isPacking(storage)) {
          requireRevisions(storage, transaction);
        }
      }
    }
  }

  private void requireRevisions(StorageId storage, TransactionRecord transaction) {
    Tid tid = transaction.tid();
    Oid previous = null;
    for (Oid oid : transaction.oids()) {
      require(
          previous == null || oid.compareTo(previous) > 0,
          "%s, transaction %s: oid %s out of order",
          storage,
          tid,
          oid);
      require(
          frozen.get(Family.REVISIONS, Keys.revision(storage, oid, tid)) != null,
          "%s, transaction %s: oid %s has no revision",
          storage,
          tid,
          oid);
      previous = oid;
    }
  }

  private void walkOutcomes() {
    try (Cursor cursor = frozen.cursor(Family.OUTCOMES)) {
      for (boolean found = cursor.seekToFirst(); found; found = next(cursor)) {
        TransactionId id = Keys.idOfOutcome(cursor.key());
        ExpiringOutcome outcome = Values.decodeOutcome(id, cursor.value());
        byte[] expiry = Keys.expiry(outcome.expiresMillis(), id);
        require(
            frozen.get(Family.OUTCOME_EXPIRIES, expiry) != null,
            "outcome of %s: it has no expiry",
            id);
        outcomes++;
      }
    }
    long expiries = 0;
    try (Cursor cursor = frozen.cursor(Family.OUTCOME_EXPIRIES)) {
      for (boolean found = cursor.seekToFirst(); found; found = next(cursor)) {
        expiries++;
      }
    }
    require(expiries == outcomes, "%s outcomes, %s expiries", outcomes, expiries);
  }

  private void compare(StorageState state, Tally tally) {
    StorageId storage = state.id();
    requireEqual(storage, "objects", state.objectCount(), tally.objects);
    requireEqual(storage, "data bytes", state.dataBytes(), tally.dataBytes);
    requireEqual(storage, "blob bytes", state.blobBytes(), blobs.heldBytes(storage));
    require(
        tally.lastTid.compareTo(state.lastTid()) <= 0,
        "%s: transaction %s is newer than the last tid %s",
        storage,
        tally.lastTid,
        state.lastTid());
    if (!isPacking(storage)) {
      requireEqual(storage, "revisions", tally.transactionOids, tally.revisions);
    }
    if (state.packTid().isNone()) {
      requireEqual(storage, "transactions", state.transactionCount(), tally.transactions);
      requireEqual(storage, "bytes of transactions", tally.transactionBytes, tally.dataBytes);
      require(
          tally.lastTid.equals(state.lastTid()),
          "%s: the last transaction is %s, expected %s",
          storage,
          tally.lastTid,
          state.lastTid());
    }
  }

  private void requireEqual(StorageId storage, String what, long expected, long found) {
    require(expected == found, "%s: %s %s, expected %s", storage, found, what, expected);
  }

  private void require(boolean condition, String message, @Nullable Object... values) {
    if (!condition) {
      fault(String.format(Locale.ROOT, message, values));
    }
  }

  private void fault(String fault) {
    faultCount++;
    if (faults.size() < FAULTS_NAMED_MAX) {
      faults.add(fault);
    }
  }

  private boolean next(Cursor cursor) {
    if (++rows % ROWS_PER_PULSE == 0) {
      pulse.run();
    }
    return cursor.next();
  }

  /** Whether a pack is half way: transactions may list what they no longer have. */
  private boolean isPacking(StorageId storage) {
    byte[] value = frozen.get(Family.PACKS, Keys.pack(storage));
    return value != null && Values.decodePack(value).isRunning();
  }

  private Tid packTid(StorageId storage) {
    StorageState state = published.storage(storage);
    return state == null ? Tid.NONE : state.packTid();
  }

  private Tally tally(StorageId storage) {
    return tallies.computeIfAbsent(storage, id -> new Tally());
  }

  private VerificationReport report() {
    return new VerificationReport(
        published.group().applied(),
        published.storages().size(),
        tallies.values().stream().mapToLong(tally -> tally.objects).sum(),
        tallies.values().stream().mapToLong(tally -> tally.revisions).sum(),
        tallies.values().stream().mapToLong(tally -> tally.transactions).sum(),
        outcomes,
        tallies.values().stream().mapToLong(tally -> tally.dataBytes).sum());
  }

  /** What was counted of one storage. */
  private static final class Tally {
    long objects;
    long revisions;
    long dataBytes;
    long transactions;
    long transactionBytes;
    long transactionOids;
    Tid lastTid = Tid.NONE;
  }

  /** The revisions of one object, the newest first. */
  private final class ObjectWalk {
    private final StorageId storage;
    private final Oid oid;
    private final Tally tally;
    private final Map<Tid, Tid> sharedDataTids = new TreeMap<>();
    private @Nullable StoredRevision newest;

    ObjectWalk(StorageId storage, Oid oid) {
      this.storage = storage;
      this.oid = oid;
      this.tally = tally(storage);
    }

    boolean isOf(StorageId otherStorage, Oid otherOid) {
      return storage.equals(otherStorage) && oid.equals(otherOid);
    }

    void add(StoredRevision revision) {
      if (newest == null) {
        newest = revision;
        tally.objects += revision.isAbsent() ? 0 : 1;
        requireNotNewerThanStorage(revision.tid());
      }
      tally.revisions++;
      @Nullable BlobReference blob = revision.blob();
      if (blob != null) {
        blobs.met(storage, revision, blob);
      }
      @Nullable StagedData staged = revision.staged();
      if (staged != null) {
        blobs.met(storage, revision, staged);
      }
      tally.dataBytes += revision.dataBytes();
      if (revision.kind() == StoredRevision.Kind.DATA) {
        sharedDataTids.remove(revision.tid());
      } else if (!revision.isAbsent()) {
        sharedDataTids.put(revision.dataTid(), revision.tid());
      }
    }

    private void requireNotNewerThanStorage(Tid tid) {
      StorageState state = published.storage(storage);
      require(
          state == null || tid.compareTo(state.lastTid()) <= 0,
          "%s, oid %s: revision %s is newer than its storage",
          storage,
          oid,
          tid);
    }

    void finish() {
      sharedDataTids.forEach(
          (dataTid, tid) ->
              require(
                  false,
                  "%s, oid %s: revision %s shares the data of %s, where there is none",
                  storage,
                  oid,
                  tid,
                  dataTid));
    }
  }
}
