package io.troika.server.storage.rocksdb;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.log.OutcomeCodec;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A log in its bytes, applied by the core to this store and to the reference model: equal outcomes
 * at each index, equal digests, also when the store forgets what was not flushed and replays.
 */
class LogReplayTest {
  private static final int ENTRIES = 400;
  private static final int REPLACED_AT = 330;
  private static final int CHUNK_BYTES = 20_000;
  private static final UUID CLIENT = new UUID(5, 5);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void log_replayedFromTheLastFlushAfterCrashes_givesTheOutcomesAndDigestOfTheModel(long seed)
      throws IOException {
    Random random = new Random(seed);
    List<byte[]> log = new ArrayList<>();
    List<List<Outcome>> outcomes = new ArrayList<>();
    try (MemoryRevisionStore model = new MemoryRevisionStore()) {
      StorageCore modelCore = new StorageCore(model, CommitListener.NONE);
      for (int index = 0; index < ENTRIES; index++) {
        LogEntry entry = randomEntry(random, model, index);
        log.add(LogEntryCodec.encode(entry));
        outcomes.add(modelCore.apply(new LogPosition(1, index), entry));
      }
      Path root = directory.resolve("store-" + seed);
      long crashAt = 0;
      while (crashAt < ENTRIES) {
        crashAt += 1 + random.nextInt(80);
        root = replayAndCrash(root, log, outcomes, Math.min(crashAt, ENTRIES), random);
      }
      try (RocksResources resources = new RocksResources(RocksSettings.DEFAULT);
          RocksRevisionStore store = RocksRevisionStore.open(root, resources)) {
        replay(store, log, outcomes, ENTRIES, random);
        assertThat(new ReplicaDigest(store).group()).isEqualTo(new ReplicaDigest(model).group());
        store.verify();
      }
    }
  }

  /** Applies up to {@code end}; the checkpoint of the last flush is what a crash leaves. */
  private Path replayAndCrash(
      Path root, List<byte[]> log, List<List<Outcome>> outcomes, long end, Random random)
      throws IOException {
    Path crashed = directory.resolve(root.getFileName() + "+");
    try (RocksResources resources = new RocksResources(RocksSettings.DEFAULT);
        RocksRevisionStore store = RocksRevisionStore.open(root, resources)) {
      long middle = (store.group().applied().index() + 1 + end) / 2;
      replay(store, log, outcomes, middle, random);
      Path checkpoint = directory.resolve(root.getFileName() + "-checkpoint");
      store.checkpoint(checkpoint);
      replay(store, log, outcomes, end, random);
      try (RocksRevisionStore target = RocksRevisionStore.open(crashed, resources)) {
        target.install(checkpoint);
      }
    }
    return crashed;
  }

  private static void replay(
      RocksRevisionStore store,
      List<byte[]> log,
      List<List<Outcome>> outcomes,
      long end,
      Random random)
      throws IOException {
    StorageCore core = new StorageCore(store, CommitListener.NONE);
    for (int index = (int) core.applied().index() + 1; index < end; index++) {
      LogEntry entry = LogEntryCodec.decode(Bytes.wrap(log.get(index)));
      List<Outcome> found = core.apply(new LogPosition(1, index), entry);
      assertThat(found).as("outcomes at index %s", index).isEqualTo(outcomes.get(index));
      assertThat(OutcomeCodec.decodeAll(Bytes.wrap(OutcomeCodec.encodeAll(found))))
          .isEqualTo(found);
      if (random.nextInt(30) == 0) {
        store.flush();
      }
    }
  }

  private static LogEntry randomEntry(Random random, MemoryRevisionStore model, int index) {
    List<Command> commands = new ArrayList<>();
    if (index < 2) {
      commands.add(new CreateStorage("storage-" + index, new UUID(9, index)));
    }
    if (index == REPLACED_AT) {
      commands.add(replace(model, new TransactionId(CLIENT, index * 10L + 9)));
    }
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      TransactionId id = new TransactionId(CLIENT, index * 10L + i);
      switch (random.nextInt(12)) {
        case 0 -> commands.add(new AbandonTransaction(id));
        case 1 -> commands.add(new AllocateOids(new StorageId(1), 1 + random.nextInt(5)));
        case 2 -> commands.add(undo(random, model, id));
        case 3, 4 -> commands.add(pack(random, model));
        case 5 -> commands.add(stage(random, model, id));
        case 6 -> commands.add(commitBlob(random, model, id));
        case 7 -> commands.add(together(random, model, id));
        default -> commands.add(commit(random, model, id));
      }
    }
    return new LogEntry(1_000L + index * 10L, 500, commands);
  }

  /** What the first one has is gone from here on. */
  private static Command replace(MemoryRevisionStore model, TransactionId id) {
    StorageId by = new StorageId(2);
    return new ReplaceStorage(
        id,
        new StorageId(1),
        1,
        Tid.MAX,
        by,
        requireNonNull(model.storage(by)).lastTid(),
        Tid.NONE,
        new Tid(1),
        TransactionMetadata.EMPTY);
  }

  /** A new blob, or more of one that is staged. */
  private static Command stage(Random random, MemoryRevisionStore model, TransactionId id) {
    List<BlobState> staged = model.stagedBlobs();
    byte[] data = new byte[1 + random.nextInt(CHUNK_BYTES)];
    random.nextBytes(data);
    StageChunk.Terms terms = new StageChunk.Terms(300, 1 << 20, 1 << 20);
    if (staged.isEmpty() || random.nextInt(3) == 0) {
      StorageId storage = new StorageId(1 + random.nextInt(2));
      byte[] whole = random.nextBoolean() ? data : new byte[CHUNK_BYTES];
      return new StageChunk(storage, new BlobId(id, 0), CHUNK_BYTES, 0, Bytes.wrap(whole), terms);
    }
    BlobState known = staged.get(random.nextInt(staged.size()));
    long offset = (long) CHUNK_BYTES * known.content().chunkCount();
    return new StageChunk(
        known.storage(), known.content().id(), CHUNK_BYTES, offset, Bytes.wrap(data), terms);
  }

  private static Command commitBlob(Random random, MemoryRevisionStore model, TransactionId id) {
    List<BlobState> staged = model.stagedBlobs();
    if (staged.isEmpty()) {
      return stage(random, model, id);
    }
    BlobState blob = staged.get(random.nextInt(staged.size()));
    Oid oid = new Oid(random.nextInt(10));
    Tid serial = serialOf(random, model, blob.storage(), oid);
    return new CommitTransaction(
        blob.content().id().transaction(),
        blob.storage(),
        Tid.NONE,
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(new Write(oid, serial, Bytes.utf8("blob"), blob.content())),
        List.of(),
        List.of());
  }

  /** In both storages, once each, with what is staged for it in one as data of a record. */
  private static Command together(Random random, MemoryRevisionStore model, TransactionId id) {
    List<BlobState> staged = model.stagedBlobs();
    if (model.storages().size() < 2 || staged.isEmpty()) {
      return stage(random, model, id);
    }
    BlobState stage = staged.get(random.nextInt(staged.size()));
    List<Share> shares = new ArrayList<>();
    for (StorageState each : model.storages()) {
      Oid oid = new Oid(random.nextInt(10));
      Tid serial = serialOf(random, model, each.id(), oid);
      boolean hasStage = each.id().equals(stage.storage());
      shares.add(
          new Share(
              each.id(),
              List.of(),
              List.of(
                  hasStage
                      ? new Write(oid, serial, null, null, part(random, stage.content()))
                      : new Write(oid, serial, randomData(random))),
              List.of(),
              List.of(),
              hasStage ? List.of(stage.content()) : List.of()));
    }
    return new CommitTogether(
        stage.content().id().transaction(), new Tid(1), TransactionMetadata.EMPTY, shares);
  }

  private static StagedData part(Random random, BlobReference stage) {
    int offset = random.nextInt((int) stage.length());
    int length = 1 + random.nextInt((int) stage.length() - offset);
    return new StagedData(stage.id(), stage.chunkBytes(), offset, length);
  }

  private static Command pack(Random random, MemoryRevisionStore model) {
    StorageId storage = new StorageId(1 + random.nextInt(2));
    PackState pack = model.pack(storage);
    StorageState state = model.storage(storage);
    Tid last = state == null || state.lastTid().isNone() ? new Tid(1) : state.lastTid();
    if (pack == null || !pack.isRunning()) {
      Tid horizon = new Tid(Math.max(1, last.value() - random.nextInt(10)));
      return new StartPack(storage, horizon, random.nextBoolean());
    }
    if (pack.phase() != PackState.Phase.GARBAGE) {
      return new PackStep(storage, pack.horizon(), 1 + random.nextInt(20), 30_000);
    }
    List<Oid> oids = model.oids(storage, Oid.ROOT, 30);
    if (oids.isEmpty() || random.nextInt(3) == 0) {
      return new EndGarbage(storage, pack.horizon(), "");
    }
    Oid oid = oids.get(random.nextInt(oids.size()));
    Tid serial = serialOf(random, model, storage, oid);
    return new RemoveGarbage(storage, pack.horizon(), last, List.of(new Garbage(oid, serial)));
  }

  private static CommitTransaction undo(
      Random random, MemoryRevisionStore model, TransactionId id) {
    List<TransactionRecord> last = model.transactionsBackwards(new StorageId(1), Tid.MAX, 3);
    Tid undone = last.isEmpty() ? new Tid(1) : last.get(random.nextInt(last.size())).tid();
    return transaction(id, new StorageId(1), List.of(), List.of(), List.of(), List.of(undone));
  }

  private static CommitTransaction commit(
      Random random, MemoryRevisionStore model, TransactionId id) {
    StorageId storage = new StorageId(1 + random.nextInt(2));
    List<ReadCheck> reads = new ArrayList<>();
    List<Write> writes = new ArrayList<>();
    List<Delete> deletes = new ArrayList<>();
    Set<Oid> changed = new HashSet<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      Oid oid = new Oid(random.nextInt(30));
      Tid serial = serialOf(random, model, storage, oid);
      if (random.nextInt(8) == 0) {
        reads.add(new ReadCheck(oid, serial));
      } else if (changed.add(oid)) { // an oid may be changed once
        if (random.nextInt(7) == 0) {
          deletes.add(new Delete(oid, serial));
        } else {
          writes.add(new Write(oid, serial, randomData(random)));
        }
      }
    }
    return transaction(id, storage, reads, writes, deletes, List.of());
  }

  private static CommitTransaction transaction(
      TransactionId id,
      StorageId storage,
      List<ReadCheck> reads,
      List<Write> writes,
      List<Delete> deletes,
      List<Tid> undos) {
    return new CommitTransaction(
        id, storage, new Tid(1), TransactionMetadata.EMPTY, reads, writes, deletes, undos);
  }

  /** Mostly the current one. */
  private static Tid serialOf(
      Random random, MemoryRevisionStore model, StorageId storage, Oid oid) {
    StoredRevision current = model.newestBefore(storage, oid, Tid.MAX);
    return current == null || random.nextInt(10) == 0 ? Tid.NONE : current.tid();
  }

  private static Bytes randomData(Random random) {
    byte[] data = new byte[random.nextInt(10) == 0 ? 20_000 : random.nextInt(200)];
    random.nextBytes(data);
    return Bytes.wrap(data);
  }
}
