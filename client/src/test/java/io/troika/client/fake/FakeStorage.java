package io.troika.client.fake;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.ObjectConflict;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.StorageInfo;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.TransactionRecord;
import io.troika.api.v1.UndoObstacle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What all nodes of a fake cluster agree on: revisions, transactions, outcomes. */
public final class FakeStorage {
  private final UUID uuid = UUID.randomUUID();
  private final NavigableMap<Long, NavigableMap<Long, Optional<ByteString>>> objects =
      new TreeMap<>(Long::compareUnsigned);
  private final NavigableMap<Long, TransactionRecord> transactions = new TreeMap<>();
  private final Map<TransactionId, GetOutcomeResponse> outcomes = new HashMap<>();
  private final List<Follower> followers = new CopyOnWriteArrayList<>();
  private final Map<TransactionId, Integer> arrivals = new HashMap<>();
  private final FakeBlobs blobs = new FakeBlobs();
  private long epoch = 1;
  private long lastTid = 1000;
  private long nextOid = 1;
  private boolean invalidationsComplete = true;
  private int conflictDataBytesMax = 1 << 20;
  private int conflictDataAsked;
  private Executor teller = Runnable::run;

  /** Told of each commit in tid order; with the storage locked, unless another thread tells. */
  public interface Follower {
    void committed(long tid, SortedSet<Long> oids);
  }

  /** Commits are told by it, one after the other; at first before they are acknowledged. */
  public synchronized void tellBy(Executor executor) {
    teller = executor;
  }

  public synchronized void follow(Follower follower) {
    followers.add(follower);
  }

  public synchronized void unfollow(Follower follower) {
    followers.remove(follower);
  }

  public synchronized long lastTid() {
    return lastTid;
  }

  public synchronized long epoch() {
    return epoch;
  }

  public ByteString uuid() {
    ByteBuffer buffer = ByteBuffer.allocate(16);
    buffer.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    return ByteString.copyFrom(buffer.flip());
  }

  public synchronized StorageInfo info(String name) {
    return StorageInfo.newBuilder()
        .setName(name)
        .setUuid(uuid())
        .setEpoch(epoch)
        .setLastTid(lastTid)
        .setObjectCount(objects.size())
        .setTransactionCount(transactions.size())
        .setGroup("g0")
        .build();
  }

  /** A restore from backup: transactions after {@code tid} never were. */
  public synchronized void restoreTo(long tid) {
    epoch++;
    transactions.tailMap(tid, false).clear();
    objects.values().forEach(history -> history.tailMap(tid, false).clear());
    objects.values().removeIf(NavigableMap::isEmpty);
    lastTid = tid;
  }

  /** From now on this storage can't tell what was changed since. */
  public synchronized void forgetInvalidations() {
    invalidationsComplete = false;
  }

  /** The most bytes that conflicts bring along; a server's limit is 1 MiB. */
  public synchronized void limitConflictData(int bytes) {
    conflictDataBytesMax = bytes;
  }

  /** How many commits asked for the data of conflicts. */
  public synchronized int conflictDataAsked() {
    return conflictDataAsked;
  }

  /** How often a commit of this id arrived. */
  public synchronized int arrivals(TransactionId id) {
    return arrivals.getOrDefault(id, 0);
  }

  public FakeBlobs blobs() {
    return blobs;
  }

  public synchronized int transactionCount() {
    return transactions.size();
  }

  public synchronized long allocate(int count) {
    long first = nextOid;
    nextOid += count;
    return first;
  }

  /** Answers the tid, or throws what the server would answer. */
  public synchronized long commit(CommitRequest request) {
    arrivals.merge(request.getId(), 1, Integer::sum);
    GetOutcomeResponse known = outcomes.get(request.getId());
    if (known != null) {
      return replay(known);
    }
    if (request.getConflictData()) {
      conflictDataAsked++;
    }
    List<ObjectConflict> conflicts = conflicts(request);
    if (!conflicts.isEmpty()) {
      outcomes.put(
          request.getId(),
          GetOutcomeResponse.newBuilder()
              .setOutcome(GetOutcomeResponse.Outcome.CONFLICTED)
              .addAllConflicts(conflicts)
              .build());
      throw conflict(request.getConflictData() ? withData(conflicts) : conflicts);
    }
    blobs.requireStaged(request);
    Map<Long, Optional<ByteString>> changes = new TreeMap<>(Long::compareUnsigned);
    request
        .getWritesList()
        .forEach(w -> changes.put(w.getOid(), Optional.of(blobs.dataOf(request.getId(), w))));
    request.getDeletesList().forEach(d -> changes.put(d.getOid(), Optional.empty()));
    for (long tid : request.getUndosList()) {
      planUndo(tid, changes);
    }
    long tid = apply(lastTid + 1, changes, request.getMetadata(), request.getId(), 0x20);
    blobs.commit(request, tid);
    outcomes.put(
        request.getId(),
        GetOutcomeResponse.newBuilder()
            .setOutcome(GetOutcomeResponse.Outcome.COMMITTED)
            .setTid(tid)
            .build());
    return tid;
  }

  public synchronized long restore(RestoreRequest request) {
    arrivals.merge(request.getId(), 1, Integer::sum);
    GetOutcomeResponse known = outcomes.get(request.getId());
    if (known != null) {
      return replay(known);
    }
    long previous = transactions.isEmpty() ? -1 : lastTid;
    for (RestoredTransaction transaction : request.getTransactionsList()) {
      if (transaction.getTid() <= previous) {
        throw Errors.of(
            ErrorDetail.Code.TID_NOT_GREATER, "tid " + transaction.getTid() + ", last " + previous);
      }
      previous = transaction.getTid();
    }
    blobs.requireStaged(request);
    request.getTransactionsList().forEach(each -> restore(each, request.getId()));
    blobs.commit(request);
    outcomes.put(
        request.getId(),
        GetOutcomeResponse.newBuilder()
            .setOutcome(GetOutcomeResponse.Outcome.COMMITTED)
            .setTid(lastTid)
            .build());
    return lastTid;
  }

  private void restore(RestoredTransaction transaction, TransactionId id) {
    Map<Long, Optional<ByteString>> changes = new TreeMap<>(Long::compareUnsigned);
    for (RestoredRecord record : transaction.getRecordsList()) {
      changes.put(
          record.getOid(),
          switch (record.getContentCase()) {
            case DATA -> Optional.of(record.getData());
            case STAGED -> Optional.of(blobs.data(id, record.getStaged()));
            case DATA_TID -> at(record.getOid(), record.getDataTid());
            case CONTENT_NOT_SET -> Optional.empty();
          });
    }
    apply(transaction.getTid(), changes, transaction.getMetadata(), id, transaction.getStatus());
  }

  public synchronized GetOutcomeResponse outcome(TransactionId id, boolean abandon) {
    GetOutcomeResponse.Outcome none =
        abandon ? GetOutcomeResponse.Outcome.ABANDONED : GetOutcomeResponse.Outcome.NOT_SEEN;
    GetOutcomeResponse answer =
        outcomes.getOrDefault(id, GetOutcomeResponse.newBuilder().setOutcome(none).build());
    if (abandon) {
      outcomes.put(id, answer);
    }
    return answer;
  }

  public synchronized LoadedObject load(long oid, long at) {
    LoadedObject.Builder object = LoadedObject.newBuilder().setOid(oid);
    NavigableMap<Long, Optional<ByteString>> history = objects.get(oid);
    if (history == null) {
      return object.setStatus(LoadedObject.Status.UNKNOWN).build();
    }
    Map.Entry<Long, Optional<ByteString>> seen = history.floorEntry(at);
    if (seen == null) {
      return object.setStatus(LoadedObject.Status.NOT_YET).build();
    }
    if (seen.getValue().isEmpty()) {
      return object.setStatus(LoadedObject.Status.ABSENT).build();
    }
    @Nullable Long next = history.higherKey(at);
    return object
        .setStatus(LoadedObject.Status.FOUND)
        .setTid(seen.getKey())
        .setNextTid(next == null ? 0 : next)
        .setData(seen.getValue().get())
        .build();
  }

  /** As a pack does whose time is after it. */
  public synchronized void forget(long oid, long serial) {
    requireNonNull(objects.get(oid)).remove(serial);
  }

  public synchronized LoadedObject loadSerial(long oid, long serial) {
    LoadedObject object = load(oid, serial);
    return object.getTid() == serial
        ? object
        : LoadedObject.newBuilder().setOid(oid).setStatus(LoadedObject.Status.UNKNOWN).build();
  }

  /** The changed oids, or empty if that is not known any more. */
  public synchronized Optional<SortedSet<Long>> changedSince(long tid) {
    if (!invalidationsComplete) {
      return Optional.empty();
    }
    SortedSet<Long> oids = new TreeSet<>(Long::compareUnsigned);
    transactions.tailMap(tid, false).values().forEach(record -> oids.addAll(record.getOidsList()));
    return Optional.of(oids);
  }

  /** Those up to the tid that a node has applied. */
  public synchronized List<TransactionRecord> transactions(
      boolean backwards, long bound, long applied, int limit) {
    NavigableMap<Long, TransactionRecord> known =
        new TreeMap<>(transactions.headMap(applied, true));
    NavigableMap<Long, TransactionRecord> range =
        backwards
            ? known.headMap(bound == 0 ? Long.MAX_VALUE : bound, false).descendingMap()
            : known.tailMap(bound, false);
    return range.values().stream().limit(limit).toList();
  }

  public synchronized Optional<TransactionRecord> transaction(long tid) {
    return Optional.ofNullable(transactions.get(tid));
  }

  public synchronized Optional<ByteString> at(long oid, long tid) {
    NavigableMap<Long, Optional<ByteString>> history = objects.get(oid);
    Map.Entry<Long, Optional<ByteString>> seen = history == null ? null : history.floorEntry(tid);
    return seen == null ? Optional.empty() : seen.getValue();
  }

  public synchronized NavigableMap<Long, Optional<ByteString>> history(long oid) {
    return new TreeMap<>(objects.getOrDefault(oid, new TreeMap<>()));
  }

  public synchronized List<Long> oids(long from, long at) {
    List<Long> oids = new ArrayList<>();
    for (long oid : objects.tailMap(from, true).keySet()) {
      if (at(oid, at).isPresent()) {
        oids.add(oid);
      }
    }
    return oids;
  }

  private static long replay(GetOutcomeResponse known) {
    return switch (known.getOutcome()) {
      case COMMITTED -> known.getTid();
      case CONFLICTED -> throw conflict(known.getConflictsList());
      default -> throw Errors.of(ErrorDetail.Code.ABANDONED, "abandoned");
    };
  }

  private static RuntimeException conflict(List<ObjectConflict> conflicts) {
    return Errors.of(
        Errors.detail(ErrorDetail.Code.CONFLICT, "conflict").addAllConflicts(conflicts).build());
  }

  /** As the server: what fits in the limit, in order. */
  private List<ObjectConflict> withData(List<ObjectConflict> conflicts) {
    List<ObjectConflict> told = new ArrayList<>();
    int room = conflictDataBytesMax;
    for (ObjectConflict conflict : conflicts) {
      Optional<ByteString> current = at(conflict.getOid(), conflict.getSerialCurrent());
      if (current.isPresent() && current.get().size() <= room) {
        room -= current.get().size();
        told.add(conflict.toBuilder().setCurrentData(current.get()).build());
      } else {
        told.add(conflict);
      }
    }
    return told;
  }

  private List<ObjectConflict> conflicts(CommitRequest request) {
    List<ObjectConflict> conflicts = new ArrayList<>();
    request
        .getReadsList()
        .forEach(r -> check(ObjectConflict.Kind.READ, r.getOid(), r.getSerial(), conflicts));
    request
        .getWritesList()
        .forEach(w -> check(ObjectConflict.Kind.WRITE, w.getOid(), w.getSerial(), conflicts));
    request
        .getDeletesList()
        .forEach(d -> check(ObjectConflict.Kind.DELETE, d.getOid(), d.getSerial(), conflicts));
    return conflicts;
  }

  private void check(
      ObjectConflict.Kind kind, long oid, long serial, List<ObjectConflict> conflicts) {
    LoadedObject current = load(oid, lastTid);
    if (current.getTid() != serial) {
      conflicts.add(
          ObjectConflict.newBuilder()
              .setKind(kind)
              .setOid(oid)
              .setSerialRead(serial)
              .setSerialCurrent(current.getTid())
              .build());
    }
  }

  private void planUndo(long tid, Map<Long, Optional<ByteString>> changes) {
    TransactionRecord record = transactions.get(tid);
    if (record == null) {
      throw Errors.of(ErrorDetail.Code.UNKNOWN_TRANSACTION, "no transaction " + tid);
    }
    List<UndoObstacle> obstacles = new ArrayList<>();
    for (long oid : record.getOidsList()) {
      long newest = history(oid).lastKey();
      if (newest != tid) {
        obstacles.add(
            UndoObstacle.newBuilder().setOid(oid).setUndone(tid).setCurrent(newest).build());
      }
      changes.put(oid, at(oid, tid - 1));
    }
    if (!obstacles.isEmpty()) {
      throw Errors.of(
          Errors.detail(ErrorDetail.Code.UNDO_CONFLICT, "undo blocked")
              .addAllUndoObstacles(obstacles)
              .build());
    }
  }

  private long apply(
      long tid,
      Map<Long, Optional<ByteString>> changes,
      TransactionMetadata metadata,
      TransactionId id,
      int status) {
    changes.forEach(
        (oid, data) -> objects.computeIfAbsent(oid, ignored -> new TreeMap<>()).put(tid, data));
    SortedSet<Long> oids = new TreeSet<>(Long::compareUnsigned);
    oids.addAll(changes.keySet());
    transactions.put(
        tid,
        TransactionRecord.newBuilder()
            .setTid(tid)
            .setStatus(status)
            .setMetadata(metadata)
            .addAllOids(oids)
            .setOidCount(oids.size())
            .setId(id)
            .build());
    lastTid = tid;
    teller.execute(() -> followers.forEach(follower -> follower.committed(tid, oids)));
    return tid;
  }
}
