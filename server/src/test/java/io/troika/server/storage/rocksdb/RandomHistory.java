package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Change sets as a core would make them, at random but reproducible: the same seed gives the same
 * history. Log index i (from 0) is made by call i + 1 of {@link #next}.
 */
final class RandomHistory {
  private static final int STORAGES = 3;
  private static final int OBJECTS = 40;
  private static final int RETENTION_MILLIS = 200;

  private final Random random;
  private final int dataBytesMax;
  private final List<Keyspace> keyspaces = new ArrayList<>();

  /** So many clients commit. */
  static final int CLIENTS = 5;

  private int ids;
  private final Deque<ExpiringOutcome> remembered = new ArrayDeque<>();
  private GroupState group = GroupState.INITIAL;

  RandomHistory(long seed, int dataBytesMax) {
    this.random = new Random(seed);
    this.dataBytesMax = dataBytesMax;
    for (int i = 0; i < STORAGES; i++) {
      keyspaces.add(new Keyspace(new StorageId(i + 1)));
    }
  }

  /** The change sets of indexes 0 to {@code count - 1}. */
  static List<ChangeSet> of(long seed, int dataBytesMax, int count) {
    RandomHistory history = new RandomHistory(seed, dataBytesMax);
    List<ChangeSet> changes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      changes.add(history.next());
    }
    return changes;
  }

  ChangeSet next() {
    long index = group.applied().index() + 1;
    long timeMillis = group.logTimeMillis() + random.nextInt(20);
    group = new GroupState(new LogPosition(1 + index / 100, index), STORAGES + 1, timeMillis);
    List<ExpiringOutcome> forgotten = new ArrayList<>();
    while (!remembered.isEmpty() && remembered.peek().expiresMillis() <= timeMillis) {
      forgotten.add(remembered.remove());
    }
    List<NewRevision> revisions = new ArrayList<>();
    List<NewTransaction> transactions = new ArrayList<>();
    List<ExpiringOutcome> outcomes = new ArrayList<>();
    Map<StorageId, StorageState> states = new TreeMap<>();
    int commands = random.nextInt(4);
    for (int i = 0; i < commands; i++) {
      TransactionId id = id(random.nextInt(CLIENTS), ids++);
      Keyspace keyspace = keyspaces.get(random.nextInt(keyspaces.size()));
      TransactionRecord transaction =
          random.nextInt(8) == 0 ? null : keyspace.commit(id, revisions);
      if (transaction != null) {
        transactions.add(new NewTransaction(keyspace.id, transaction));
        states.put(keyspace.id, keyspace.state());
      }
      outcomes.add(
          new ExpiringOutcome(
              id,
              transaction == null ? new Abandoned() : new Committed(transaction.tid()),
              timeMillis + RETENTION_MILLIS));
    }
    remembered.addAll(outcomes);
    return new ChangeSet(
        group, List.copyOf(states.values()), revisions, transactions, outcomes, forgotten);
  }

  private final class Keyspace {
    final StorageId id;
    private final Map<Oid, List<StoredRevision>> objects = new HashMap<>();
    private long lastTid;
    private long objectCount;
    private long transactionCount;
    private long dataBytes;

    Keyspace(StorageId id) {
      this.id = id;
    }

    TransactionRecord commit(TransactionId transactionId, List<NewRevision> revisions) {
      Tid tid = new Tid(lastTid + 1 + random.nextInt(5));
      lastTid = tid.value();
      transactionCount++;
      Map<Oid, StoredRevision> changed = new TreeMap<>();
      int count = 1 + random.nextInt(5);
      for (int i = 0; i < count; i++) {
        Oid oid = new Oid(random.nextInt(OBJECTS));
        changed.computeIfAbsent(oid, o -> revision(o, tid));
      }
      long sizeBytes = 0;
      for (StoredRevision revision : changed.values()) {
        sizeBytes += sizeOf(revision.data());
        revisions.add(new NewRevision(id, revision));
      }
      dataBytes += sizeBytes;
      TransactionMetadata metadata =
          new TransactionMetadata(Bytes.utf8("user"), Bytes.utf8("note " + tid), Bytes.EMPTY);
      List<Oid> oids = List.copyOf(changed.keySet());
      return new TransactionRecord(tid, ' ', metadata, oids, sizeBytes, transactionId);
    }

    private StoredRevision revision(Oid oid, Tid tid) {
      List<StoredRevision> earlier = objects.computeIfAbsent(oid, o -> new ArrayList<>());
      boolean existed = !earlier.isEmpty() && !earlier.get(earlier.size() - 1).isAbsent();
      StoredRevision revision = kindOf(oid, tid, earlier, existed);
      objectCount += (revision.isAbsent() ? 0 : 1) - (existed ? 1 : 0);
      earlier.add(revision);
      return revision;
    }

    private StoredRevision kindOf(Oid oid, Tid tid, List<StoredRevision> earlier, boolean existed) {
      if (existed && random.nextInt(10) == 0) {
        return StoredRevision.absent(oid, tid);
      }
      if (!earlier.isEmpty() && random.nextInt(10) == 0) {
        StoredRevision source = earlier.get(random.nextInt(earlier.size()));
        if (!source.isAbsent()) {
          return StoredRevision.shared(oid, tid, source.dataTid());
        }
      }
      byte[] data = new byte[random.nextInt(dataBytesMax + 1)];
      random.nextBytes(data);
      return StoredRevision.data(oid, tid, Bytes.wrap(data));
    }

    private long sizeOf(@Nullable Bytes data) {
      return data == null ? 0 : data.size();
    }

    StorageState state() {
      return new StorageState(
          id,
          "storage-" + id.value(),
          new UUID(7, id.value()),
          1,
          new Tid(lastTid),
          new Oid(OBJECTS),
          Tid.NONE,
          objectCount,
          transactionCount,
          dataBytes);
    }
  }

  /** Every other client counts up; of the others, later ones overtake up to 39 before them. */
  static TransactionId id(int client, int number) {
    int sequence = client % 2 == 0 ? number : number / 40 * 40 + 39 - number % 40;
    return new TransactionId(new UUID(0, client), sequence);
  }
}
