package io.troika.server.core;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import io.troika.server.storage.rocksdb.RocksResources;
import io.troika.server.storage.rocksdb.RocksRevisionStore;
import io.troika.server.storage.rocksdb.RocksSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the core costs, over the store in memory (then it is mostly its own cost) and over RocksDB:
 * one-object commits of 256 bytes, alone and 64 to an entry, and loads, among 100,000 objects, in
 * tables and in the block cache where there are such. Run {@code org.openjdk.jmh.Main
 * StorageCoreBenchmark} on the test class path.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx3g"})
public class StorageCoreBenchmark {
  private static final StorageId MAIN = new StorageId(1);
  private static final UUID CLIENT = new UUID(1, 1);
  private static final int OBJECTS = 100_000;
  private static final int BATCH = 64;
  private static final int SIZE_BYTES = 256;
  private static final long RETENTION_MILLIS = 10_000;
  private static final RocksSettings SETTINGS = RocksSettings.ofMemory(128L << 20, 64L << 20);

  @Param({"memory", "rocksdb"})
  public String stored = "memory";

  private final Bytes value = Bytes.wrap(new byte[SIZE_BYTES]);
  private final Tid[] serials = new Tid[OBJECTS];
  private @Nullable Path directory;
  private @Nullable RocksResources resources;
  private RevisionStore store = new MemoryRevisionStore();
  private StorageCore core = new StorageCore(store, CommitListener.NONE);
  private ObjectReads reads = new ObjectReads(store);
  private long index;
  private long sequence;
  private int next;

  /** A fresh state for each iteration: history would fill the heap. */
  @Setup(Level.Iteration)
  public void fill() throws IOException {
    RocksRevisionStore onDisk = stored.equals("rocksdb") ? openOnDisk() : null;
    store = onDisk == null ? new MemoryRevisionStore() : onDisk;
    core = new StorageCore(store, CommitListener.NONE);
    reads = new ObjectReads(store);
    index = 0;
    next = 0;
    apply(List.of(new CreateStorage("main", CLIENT)));
    Arrays.fill(serials, Tid.NONE);
    for (int i = 0; i < OBJECTS; i++) {
      apply(List.of(commit()));
    }
    if (onDisk != null) {
      onDisk.flush();
    }
    for (int i = 0; i < OBJECTS; i++) {
      loadCurrent(); // into the cache, if there is one
    }
  }

  private RocksRevisionStore openOnDisk() throws IOException {
    directory = Files.createTempDirectory("core-benchmark");
    resources = new RocksResources(SETTINGS);
    return RocksRevisionStore.open(directory.resolve("state"), resources);
  }

  @TearDown(Level.Iteration)
  public void clean() throws IOException {
    store.close();
    if (resources != null && directory != null) {
      resources.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @Benchmark
  public List<Outcome> applyOneCommit() {
    return apply(List.of(commit()));
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<Outcome> applyBatchOfCommits() {
    List<Command> commands = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      commands.add(commit());
    }
    return apply(commands);
  }

  @Benchmark
  public LoadResult loadCurrent() {
    return reads.current(MAIN, nextOid());
  }

  @Benchmark
  public LoadResult loadBefore() {
    return reads.loadBefore(MAIN, nextOid(), new Tid(OBJECTS + 1L));
  }

  private List<Outcome> apply(List<Command> commands) {
    // A millisecond of log time an entry: as many outcomes are remembered as the retention has.
    LogEntry entry = new LogEntry(index, RETENTION_MILLIS, commands);
    return core.apply(new LogPosition(1, index++), entry);
  }

  private CommitTransaction commit() {
    Oid oid = nextOid();
    int slot = (int) oid.value();
    Tid tid = new Tid(++sequence);
    Write write = new Write(oid, serials[slot], value);
    serials[slot] = tid;
    return new CommitTransaction(
        new TransactionId(CLIENT, sequence),
        MAIN,
        tid,
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(write),
        List.of(),
        List.of());
  }

  private Oid nextOid() {
    // 7919 is prime to OBJECTS: every object comes once before any comes again.
    next = (next + 7919) % OBJECTS;
    return new Oid(next);
  }
}
