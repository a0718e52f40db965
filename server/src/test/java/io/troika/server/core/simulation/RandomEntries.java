package io.troika.server.core.simulation;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes log entries that have a fair chance of being right, wrong and in each other's way: few
 * objects, few values, serials that are mostly current, ids that come again.
 */
final class RandomEntries {
  private static final String[] NAMES = {"main", "second", "third"};
  private static final int CHUNK_BYTES = 2;
  private static final int CROWD = 64;
  private static final long FIRST_OF_CROWD = 0x10_000;
  private static final long RETENTION_MILLIS = 40;

  private final Random random;
  private final RevisionReader state;
  private final RandomParts any;

  private RandomEntries(Random random, RevisionReader state) {
    this.random = random;
    this.state = state;
    this.any = new RandomParts(random, state);
  }

  /** The next entry for a group in this state; a function of both. */
  static LogEntry next(Random random, RevisionReader state) {
    RandomEntries entries = new RandomEntries(random, state);
    int count = random.nextInt(3) == 0 ? 1 + random.nextInt(6) : 1;
    List<Command> commands = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      commands.add(entries.command());
    }
    long time = Math.max(0, state.group().logTimeMillis() + random.nextInt(20) - 4);
    return new LogEntry(time, RETENTION_MILLIS, commands);
  }

  /** The next entry, of a pack perhaps; whatever else happens is as in the other. */
  static LogEntry nextOrPack(Random random, RevisionReader state) {
    if (random.nextInt(3) > 0) {
      return next(random, state);
    }
    RandomEntries entries = new RandomEntries(random, state);
    List<Command> commands = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      commands.add(random.nextInt(4) == 0 ? entries.command() : entries.pack());
    }
    return new LogEntry(state.group().logTimeMillis(), RETENTION_MILLIS, commands);
  }

  /** The next entry, of blobs perhaps, or of a pack. */
  static LogEntry nextWithBlobs(Random random, RevisionReader state) {
    if (random.nextInt(4) > 0) {
      return nextOrPack(random, state);
    }
    RandomEntries entries = new RandomEntries(random, state);
    List<Command> commands = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      commands.add(random.nextBoolean() ? entries.stage() : entries.commitBlob());
    }
    long time = state.group().logTimeMillis() + random.nextInt(5);
    return new LogEntry(time, RETENTION_MILLIS, commands);
  }

  /** The next entry, in which storages replace others, or go, now and then. */
  static LogEntry nextWithStorages(Random random, RevisionReader state) {
    if (random.nextInt(16) > 0) {
      return nextWithBlobs(random, state);
    }
    RandomEntries entries = new RandomEntries(random, state);
    List<Command> commands = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      commands.add(
          switch (random.nextInt(4)) {
            case 0 -> entries.pack(); // of one that goes with this very entry, perhaps
            case 1 -> entries.changeOfStorage();
            default -> entries.command();
          });
    }
    long time = state.group().logTimeMillis() + random.nextInt(5);
    return new LogEntry(time, RETENTION_MILLIS, commands);
  }

  private Command changeOfStorage() {
    List<StorageState> storages = state.storages();
    if (storages.size() < 2) {
      return new CreateStorage(any.pick(NAMES), new UUID(7, random.nextInt(100)));
    }
    StorageState one = storages.get(random.nextInt(storages.size()));
    StorageState other = storages.get(random.nextInt(storages.size()));
    long epoch = random.nextInt(6) == 0 ? 1 : one.epoch();
    return switch (random.nextInt(6)) {
      case 0 -> new DropStorage(one.id(), epoch);
      case 1 -> new RenameStorage(one.id(), any.pick(NAMES));
      default ->
          new ReplaceStorage(
              any.id(),
              one.id(),
              epoch,
              random.nextInt(4) == 0 ? one.lastTid() : Tid.MAX,
              other.id(),
              other.lastTid(),
              random.nextInt(4) == 0 ? other.lastTid() : Tid.NONE,
              any.candidate(one.id()),
              any.metadata());
    };
  }

  private Command stage() {
    List<BlobState> staged = state.stagedBlobs();
    StageChunk.Terms terms =
        new StageChunk.Terms(1 + random.nextInt(60), random.nextInt(8) == 0 ? 0 : 8, 12);
    if (staged.isEmpty() || random.nextInt(3) == 0) {
      return new StageChunk(
          any.storage(),
          new BlobId(any.id(), random.nextInt(2)),
          CHUNK_BYTES,
          0,
          any.value(),
          terms);
    }
    BlobState known = staged.get(random.nextInt(staged.size()));
    int chunk = Math.max(0, known.content().chunkCount() - random.nextInt(6) / 4);
    Bytes data = Bytes.utf8(random.nextBoolean() ? "xx" : "y");
    return new StageChunk(
        known.storage(),
        known.content().id(),
        CHUNK_BYTES,
        (long) CHUNK_BYTES * chunk,
        data,
        terms);
  }

  /** A record whose data lies in what was staged, or one whose blob that is. */
  private Write write(BlobReference staged, Oid oid, Tid serial) {
    StagedData data = random.nextBoolean() ? null : within(staged);
    return data == null
        ? new Write(oid, serial, any.value(), staged)
        : new Write(oid, serial, null, null, data);
  }

  private @Nullable StagedData within(BlobReference staged) {
    if (staged.length() == 0) {
      return null;
    }
    int offset = random.nextInt((int) staged.length());
    int length = 1 + random.nextInt((int) staged.length() - offset);
    return new StagedData(staged.id(), staged.chunkBytes(), offset, length);
  }

  private Command commitBlob() {
    List<BlobState> staged = state.stagedBlobs();
    if (staged.isEmpty()) {
      return stage();
    }
    BlobState blob = staged.get(random.nextInt(staged.size()));
    Oid oid = any.oid();
    Tid candidate = any.candidate(blob.storage());
    any.chosen(candidate);
    Write write = write(blob.content(), oid, any.serial(blob.storage(), oid));
    boolean isStage = write.staged() != null;
    List<BlobReference> stages = isStage ? List.of(blob.content()) : List.of();
    TransactionId own = blob.content().id().transaction();
    if (random.nextInt(4) == 0) {
      RestoredRevision revision =
          new RestoredRevision(oid, write.data(), null, write.blob(), write.staged());
      return new RestoreTransactions(
          isStage || random.nextInt(10) > 0 ? own : any.id(),
          blob.storage(),
          List.of(
              new RestoredTransaction(
                  candidate, TransactionRecord.NORMAL, any.metadata(), List.of(revision))),
          stages);
    }
    if (state.storages().size() > 1 && random.nextInt(4) == 0) {
      return commitBlobs(own, candidate);
    }
    List<Write> writes = new ArrayList<>(List.of(write));
    Oid another = any.oid();
    if (isStage && !another.equals(oid)) {
      Write second = write(blob.content(), another, any.serial(blob.storage(), another));
      if (second.blob() == null) {
        writes.add(second);
      }
    }
    return new CommitTransaction(
        isStage || random.nextInt(10) > 0 ? own : any.id(),
        blob.storage(),
        candidate,
        any.metadata(),
        List.of(),
        writes,
        List.of(),
        random.nextInt(5) == 0 ? List.of(any.knownTid(blob.storage())) : List.of(),
        stages);
  }

  /** Over all storages: with what is staged for the transaction, in one of them or several. */
  private CommitTogether commitBlobs(TransactionId id, Tid candidate) {
    List<Share> shares = new ArrayList<>();
    for (StorageState each : state.storages()) {
      CommitTransaction other = commit(each.id());
      List<Write> writes = new ArrayList<>(other.writes());
      List<BlobReference> stages = new ArrayList<>();
      for (BlobState blob : state.stagedBlobs()) {
        Oid oid = any.oid();
        boolean isChanged =
            writes.stream().anyMatch(write -> write.oid().equals(oid))
                || other.deletes().stream().anyMatch(delete -> delete.oid().equals(oid));
        if (blob.storage().equals(each.id())
            && blob.content().id().transaction().equals(id)
            && !isChanged) {
          Write write = write(blob.content(), oid, any.serial(each.id(), oid));
          writes.add(write);
          if (write.staged() != null) {
            stages.add(blob.content());
          }
        }
      }
      shares.add(
          new Share(each.id(), other.reads(), writes, other.deletes(), other.undos(), stages));
    }
    return new CommitTogether(id, candidate, any.metadata(), shares);
  }

  private Command pack() {
    StorageId storage = any.storage();
    PackState pack = state.pack(storage);
    if (pack == null || !pack.isRunning() || random.nextInt(20) == 0) {
      long last = any.lastTid(storage).value();
      Tid horizon = new Tid(Math.max(1, last + 1 - random.nextInt(20)));
      return new StartPack(storage, horizon, random.nextBoolean());
    }
    if (pack.phase() != PackState.Phase.GARBAGE || random.nextInt(5) == 0) {
      return new PackStep(storage, pack.horizon(), 1 + random.nextInt(4), 1 + random.nextInt(4));
    }
    if (random.nextInt(10) == 0) {
      return new EndGarbage(storage, pack.horizon(), random.nextBoolean() ? "" : "given up");
    }
    Oid oid = any.oid();
    Tid asOf = new Tid(Math.max(0, any.lastTid(storage).value() - random.nextInt(8)));
    return new RemoveGarbage(
        storage, pack.horizon(), asOf, List.of(new Garbage(oid, any.serial(storage, oid))));
  }

  private Command command() {
    int kind = random.nextInt(100);
    if (kind < 70) {
      boolean several = state.storages().size() > 1;
      return several && random.nextInt(4) == 0 ? together() : commit();
    }
    if (kind < 82) {
      return restore();
    }
    if (kind < 86) {
      return new AbandonTransaction(any.id());
    }
    if (kind < 91) {
      return new AllocateOids(any.storage(), 1 + random.nextInt(5));
    }
    return kind < 97
        ? new CreateStorage(any.pick(NAMES), new UUID(7, random.nextInt(100)))
        : new NoOperation();
  }

  /** Over two storages or more, one that is not there among them now and then. */
  private CommitTogether together() {
    NavigableMap<StorageId, CommitTransaction> shares = new TreeMap<>();
    for (StorageState each : state.storages()) {
      if (shares.size() < 2 || random.nextBoolean()) {
        shares.put(each.id(), commit(each.id()));
      }
    }
    if (random.nextInt(20) == 0) {
      StorageId unknown = new StorageId(state.group().nextStorageId());
      shares.put(unknown, commit(unknown));
    }
    CommitTransaction first = shares.values().iterator().next();
    boolean checksOnly = random.nextInt(4) == 0; // in the first of them
    List<Share> all = new ArrayList<>();
    for (CommitTransaction each : shares.values()) {
      all.add(
          checksOnly && each.storage().equals(first.storage())
              ? new Share(each.storage(), each.reads(), List.of(), List.of(), List.of())
              : new Share(
                  each.storage(), each.reads(), each.writes(), each.deletes(), each.undos()));
    }
    return new CommitTogether(first.id(), first.candidate(), first.metadata(), all);
  }

  private CommitTransaction commit() {
    return commit(any.storage());
  }

  private CommitTransaction commit(StorageId storage) {
    List<ReadCheck> reads = new ArrayList<>();
    List<Write> writes = new ArrayList<>();
    List<Delete> deletes = new ArrayList<>();
    List<Tid> undos = new ArrayList<>();
    boolean mostlyUndo = random.nextInt(4) == 0;
    for (int i = random.nextInt(3); i > 0; i--) {
      Oid oid = any.oid();
      reads.add(new ReadCheck(oid, any.serial(storage, oid)));
    }
    if (random.nextInt(5) == 0) {
      // So many objects are looked up together; that these are not there is true always.
      for (int i = 0; i < CROWD; i++) {
        reads.add(new ReadCheck(new Oid(FIRST_OF_CROWD + i), Tid.NONE));
      }
    }
    for (int i = mostlyUndo ? 0 : 1 + random.nextInt(2); i > 0; i--) {
      Oid oid = any.oid();
      if (random.nextInt(5) == 0) {
        deletes.add(new Delete(oid, any.serial(storage, oid)));
      } else {
        writes.add(new Write(oid, any.serial(storage, oid), any.value()));
      }
    }
    for (int i = mostlyUndo ? 1 + random.nextInt(3) : 0; i > 0; i--) {
      undos.add(any.knownTid(storage));
    }
    if (random.nextInt(4) > 0) {
      undos.sort((left, right) -> right.compareTo(left));
    }
    Tid candidate = any.candidate(storage);
    any.chosen(candidate);
    return new CommitTransaction(
        any.id(), storage, candidate, any.metadata(), reads, writes, deletes, undos);
  }

  private RestoreTransactions restore() {
    StorageId storage = any.storage();
    List<RestoredTransaction> transactions = new ArrayList<>();
    Tid tid = any.candidate(storage);
    for (int i = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : 1; i > 0; i--) {
      transactions.add(restored(storage, tid));
      tid = random.nextInt(8) == 0 ? any.candidate(storage) : new Tid(tid.value() + 1);
    }
    return new RestoreTransactions(any.id(), storage, transactions);
  }

  private RestoredTransaction restored(StorageId storage, Tid tid) {
    List<RestoredRevision> revisions = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Oid oid = any.oid();
      revisions.add(
          switch (random.nextInt(4)) {
            case 0 -> new RestoredRevision(oid, null, null);
            case 1 -> new RestoredRevision(oid, null, any.serial(storage, oid));
            default -> new RestoredRevision(oid, any.value(), null);
          });
    }
    any.chosen(tid);
    char status = random.nextInt(8) == 0 ? TransactionRecord.PACKED : TransactionRecord.NORMAL;
    return new RestoredTransaction(tid, status, any.metadata(), revisions);
  }
}
