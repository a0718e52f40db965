package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a commit and a read cost in the store alone: one-object transactions of 256 bytes, single
 * reads of random objects. Run {@code org.openjdk.jmh.Main RocksStoreBenchmark} on the test class
 * path.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 3)
public class RocksStoreBenchmark {
  private static final StorageId STORAGE = new StorageId(1);
  private static final UUID CLIENT = new UUID(1, 2);
  private static final int DATA_BYTES = 256;
  private static final int OBJECTS = 400_000;
  private static final int OBJECTS_PER_TRANSACTION = 100;

  /** memtable: nothing flushed. warm: in tables, all in the cache. cold: in tables, 1 in 12. */
  @Param({"memtable", "warm", "cold"})
  public String place = "warm";

  private final Random random = new Random(1);
  private @Nullable Path root;
  private @Nullable RocksResources resources;
  private @Nullable RocksRevisionStore store;
  private long index;
  private long tid;

  @Setup(Level.Trial)
  public void fill() throws IOException {
    boolean cold = place.equals("cold");
    boolean memtable = place.equals("memtable");
    root = Files.createTempDirectory("rocks-benchmark");
    resources =
        new RocksResources(
            RocksSettings.ofMemory((cold ? 8L : 256L) << 20, (memtable ? 1024L : 32L) << 20));
    store = RocksRevisionStore.open(root, resources);
    for (int first = 0; first < OBJECTS; first += OBJECTS_PER_TRANSACTION) {
      store.write(transaction(first, OBJECTS_PER_TRANSACTION));
    }
    if (!memtable) {
      store.flush();
    }
  }

  @TearDown(Level.Trial)
  public void clean() throws IOException {
    System.out.printf("disk %d KiB%n", store().diskBytes() >> 10);
    store().close();
    if (resources != null && root != null) {
      System.out.printf("cache %d KiB%n", resources.usedBytes() >> 10);
      resources.close();
      DurableFiles.deleteRecursively(root);
    }
  }

  private RocksRevisionStore store() {
    if (store == null) {
      throw new IllegalStateException("not set up");
    }
    return store;
  }

  private ChangeSet transaction(int firstOid, int objects) {
    tid++;
    TransactionId id = new TransactionId(CLIENT, index);
    List<Oid> oids = new ArrayList<>();
    List<NewRevision> revisions = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      Oid oid = new Oid(firstOid + i);
      byte[] data = new byte[DATA_BYTES];
      random.nextBytes(data);
      oids.add(oid);
      revisions.add(
          new NewRevision(STORAGE, StoredRevision.data(oid, new Tid(tid), Bytes.wrap(data))));
    }
    TransactionRecord record =
        new TransactionRecord(
            new Tid(tid), ' ', TransactionMetadata.EMPTY, oids, (long) objects * DATA_BYTES, id);
    StorageState state =
        new StorageState(
            STORAGE, "main", CLIENT, 1, new Tid(tid), new Oid(OBJECTS), Tid.NONE, 1, tid, 1);
    return new ChangeSet(
        new GroupState(new LogPosition(1, index++), 2, index),
        List.of(state),
        revisions,
        List.of(new NewTransaction(STORAGE, record)),
        List.of(new ExpiringOutcome(id, new Committed(new Tid(tid)), index + 1_000_000)),
        List.of());
  }

  @Benchmark
  public void writeOneObject() {
    store().write(transaction(random.nextInt(OBJECTS), 1));
  }

  @Benchmark
  public @Nullable StoredRevision newestBefore() {
    return store().newestBefore(STORAGE, new Oid(random.nextInt(OBJECTS)), Tid.MAX);
  }

  @Benchmark
  public @Nullable StoredRevision newestBeforeOfNoSuchObject() {
    return store().newestBefore(STORAGE, new Oid(OBJECTS + random.nextInt()), Tid.MAX);
  }

  @Benchmark
  public @Nullable Tid nextTid() {
    return store().nextTid(STORAGE, new Oid(random.nextInt(OBJECTS)), new Tid(tid));
  }

  /** A point read of the same data, to see what the seek costs. */
  @Benchmark
  public @Nullable StoredRevision at() {
    int oid = random.nextInt(OBJECTS);
    return store().at(STORAGE, new Oid(oid), new Tid(1 + oid / OBJECTS_PER_TRANSACTION));
  }
}
