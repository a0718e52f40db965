package io.troika.server.log;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.ChangeAccess;
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
import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.Permission;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** One of each command and outcome, with every field set; their bytes are the golden files. */
final class LogSamples {
  private static final UUID CLIENT = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final TransactionId ID = new TransactionId(CLIENT, 42);
  private static final StorageId STORAGE = new StorageId(7);
  private static final TransactionMetadata METADATA =
      new TransactionMetadata(
          Bytes.utf8("jürgen"), Bytes.utf8("/folder/page"), Bytes.wrap(new byte[] {'}', 'q', 1}));
  private static final StorageState STATE =
      new StorageState(
          STORAGE, "main", CLIENT, 1, new Tid(0x10), new Oid(0x11), new Tid(0x12), 13, 14, 15);

  private static final BlobReference BLOB =
      BlobReference.empty(new BlobId(ID, 3), 4).with(Bytes.utf8("four")).with(Bytes.utf8("two"));

  private static final BlobReference STAGE =
      BlobReference.empty(new BlobId(ID, 4), 4).with(Bytes.utf8("four")).with(Bytes.utf8("two"));

  private static final AccessGrant TOKEN =
      new AccessGrant(
          new AccessKey(AccessKey.Kind.TOKEN, "backend"),
          List.of(Permission.READ, Permission.WRITE, Permission.BACKUP),
          List.of("main", "other"),
          1_800_000_000_000L,
          Bytes.utf8("0123456789abcdef0123456789abcdef"));

  private static final PackState PACK =
      new PackState(
          STORAGE,
          new Tid(0x20),
          new Tid(0x10),
          true,
          PackState.Phase.TRANSACTIONS,
          new Oid(0x11),
          new Tid(0x12),
          new PackState.Removed(13, 14, 15, 16),
          "oid 0x2a: é");

  // Those that came after the golden file of several outcomes, whose order is that of the samples.
  private static final EnumSet<Outcome.Rejected.Reason> LATER_REASONS =
      EnumSet.of(Outcome.Rejected.Reason.STAGING_FULL, Outcome.Rejected.Reason.STAGING_LOST);

  private LogSamples() {}

  static Map<String, Command> commands() {
    Map<String, Command> samples = new LinkedHashMap<>();
    samples.put("commit", commit());
    samples.put("restore", new RestoreTransactions(ID, STORAGE, List.of(restored())));
    samples.put(
        "restore-several",
        new RestoreTransactions(
            ID,
            STORAGE,
            List.of(
                restored(),
                new RestoredTransaction(
                    new Tid(0x03f00000_00000003L), ' ', TransactionMetadata.EMPTY, List.of()))));
    samples.put("abandon", new AbandonTransaction(ID));
    samples.put("allocate-oids", new AllocateOids(STORAGE, 100));
    samples.put("create-storage", new CreateStorage("main", CLIENT));
    samples.put("no-operation", new NoOperation());
    samples.put("stage-chunk", stage());
    samples.put("commit-with-blobs", commitWithBlobs());
    samples.put("restore-with-blobs", restoreWithBlobs());
    samples.put("staged-commit", stagedCommit());
    samples.put("staged-restore", stagedRestore());
    samples.put("start-pack", new StartPack(STORAGE, new Tid(0x10), true));
    samples.put("pack-step", new PackStep(STORAGE, new Tid(0x10), 500, 1 << 20));
    samples.put(
        "remove-garbage",
        new RemoveGarbage(
            STORAGE,
            new Tid(0x10),
            new Tid(0x20),
            List.of(new Garbage(new Oid(1), new Tid(2)), new Garbage(Oid.MAX, new Tid(3)))));
    samples.put("end-garbage", new EndGarbage(STORAGE, new Tid(0x10), "oid 0x2a: é"));
    samples.put(
        "replace-storage",
        new StorageChange.ReplaceStorage(
            ID,
            STORAGE,
            2,
            Tid.MAX,
            new StorageId(8),
            new Tid(0x10),
            new Tid(0x11),
            new Tid(0x12),
            METADATA));
    samples.put("drop-storage", new StorageChange.DropStorage(STORAGE, 2));
    samples.put("set-quota", new StorageChange.SetQuota(STORAGE, 1L << 40));
    samples.put("rename-storage", new StorageChange.RenameStorage(STORAGE, "Größe"));
    samples.put("grant-token", new ChangeAccess(TOKEN.key(), TOKEN));
    samples.put(
        "revoke-certificate",
        new ChangeAccess(new AccessKey(AccessKey.Kind.CERTIFICATE, "é client"), null));
    samples.put(
        "create-group",
        new GroupChange.CreateGroup(
            "g1",
            new UUID(7, 8),
            List.of(
                new GroupInfo.Member("n1", "h1:1", "h1:2", "h1:3"),
                new GroupInfo.Member("n2", "[::1]:1", "[::1]:2", "[::1]:3"))));
    samples.put("place-storage", new GroupChange.PlaceStorage("Größe", "g1"));
    samples.put("unplace-storage", new GroupChange.UnplaceStorage("Größe", "g1"));
    samples.put("drop-group", new GroupChange.DropGroup("g1"));
    samples.put("seal-group", new GroupChange.SealGroup());
    samples.put("name-cluster", new GroupChange.NameCluster(new UUID(5, 6)));
    samples.put("commit-together", commitTogether());
    samples.put("staged-commit-together", stagedCommitTogether());
    return samples;
  }

  static Command command(String name) {
    return Objects.requireNonNull(commands().get(name), name);
  }

  static Map<String, Outcome> outcomes() {
    Map<String, Outcome> samples = new LinkedHashMap<>();
    samples.put("committed", new Outcome.Committed(new Tid(0x1234)));
    samples.put(
        "conflict",
        new Outcome.Conflict(
            List.of(
                conflict(ObjectConflict.Kind.READ, 1),
                conflict(ObjectConflict.Kind.WRITE, 2),
                conflict(ObjectConflict.Kind.DELETE, 3))));
    samples.put(
        "undo-conflict",
        new Outcome.UndoConflict(
            List.of(new Outcome.UndoObstacle(new Oid(1), new Tid(2), new Tid(3)))));
    samples.put("abandoned", new Outcome.Abandoned());
    putRejected(samples, EnumSet.complementOf(LATER_REASONS));
    samples.put("oids-allocated", new Outcome.OidsAllocated(new Oid(0x100), 100));
    samples.put("storage-created", new Outcome.StorageCreated(STATE, true));
    samples.put("done", new Outcome.Done());
    samples.put("staged", new Outcome.Staged(BLOB));
    putRejected(samples, LATER_REASONS);
    samples.put("packing", new Outcome.Packing(PACK));
    samples.put("garbage-stale", new Outcome.GarbageStale(new Tid(0x20)));
    samples.put(
        "storage-of-epoch-2",
        new Outcome.StorageCreated(
            new StorageState(
                    new StorageId(9), "b", CLIENT, 1, Tid.NONE, Oid.ROOT, Tid.NONE, 0, 0, 0)
                .inPlaceOf(STATE, new Tid(0x13)),
            false));
    samples.put(
        "joint-conflict",
        new Outcome.Conflict(
            List.of(
                conflict(ObjectConflict.Kind.READ, 1).in(STORAGE),
                conflict(ObjectConflict.Kind.WRITE, 1).in(new StorageId(8)))));
    samples.put(
        "joint-undo-conflict",
        new Outcome.UndoConflict(
            List.of(new Outcome.UndoObstacle(new Oid(1), new Tid(2), new Tid(3)).in(STORAGE))));
    return samples;
  }

  private static void putRejected(
      Map<String, Outcome> samples, EnumSet<Outcome.Rejected.Reason> reasons) {
    for (Outcome.Rejected.Reason reason : reasons) {
      String name = "rejected-" + reason.name().toLowerCase(java.util.Locale.ROOT);
      samples.put(name, new Outcome.Rejected(reason, "no such thing: é"));
    }
  }

  static LogEntry entry(List<Command> commands) {
    return new LogEntry(1_700_000_000_000L, 86_400_000L, commands);
  }

  private static ObjectConflict conflict(ObjectConflict.Kind kind, long oid) {
    return new ObjectConflict(kind, new Oid(oid), new Tid(0x20), new Tid(0x21));
  }

  private static Command commit() {
    return new CommitTransaction(
        ID,
        STORAGE,
        new Tid(0x03f00000_00000001L),
        METADATA,
        List.of(new ReadCheck(new Oid(1), new Tid(2))),
        List.of(
            new Write(new Oid(3), Tid.NONE, Bytes.utf8("three")),
            new Write(Oid.MAX, new Tid(4), Bytes.EMPTY)),
        List.of(new Delete(new Oid(5), new Tid(6))),
        List.of(new Tid(8), new Tid(7)));
  }

  private static Command commitTogether() {
    return new CommitTogether(
        ID,
        new Tid(0x03f00000_00000001L),
        METADATA,
        List.of(
            new Share(
                STORAGE,
                List.of(new ReadCheck(new Oid(1), new Tid(2))),
                List.of(
                    new Write(new Oid(3), Tid.NONE, Bytes.utf8("three"), BLOB),
                    new Write(Oid.MAX, new Tid(4), Bytes.EMPTY)),
                List.of(new Delete(new Oid(5), new Tid(6))),
                List.of(new Tid(8), new Tid(7))),
            new Share(
                new StorageId(8),
                List.of(new ReadCheck(new Oid(9), Tid.NONE)),
                List.of(),
                List.of(),
                List.of())));
  }

  /** With a share that has no stage, as it is written beside one that has. */
  private static Command stagedCommitTogether() {
    return new CommitTogether(
        ID,
        new Tid(0x99),
        METADATA,
        List.of(
            new Share(
                STORAGE,
                List.of(new ReadCheck(new Oid(1), new Tid(2))),
                List.of(
                    new Write(
                        new Oid(1), new Tid(0x99), null, null, new StagedData(STAGE.id(), 4, 1, 5)),
                    new Write(new Oid(2), new Tid(0x99), Bytes.utf8("two"), BLOB),
                    new Write(
                        new Oid(3),
                        new Tid(0x99),
                        null,
                        BLOB,
                        new StagedData(STAGE.id(), 4, 0, 7))),
                List.of(new Delete(new Oid(5), new Tid(6))),
                List.of(new Tid(8), new Tid(7)),
                List.of(BlobReference.empty(new BlobId(ID, 5), 9), STAGE)),
            new Share(
                new StorageId(8),
                List.of(),
                List.of(new Write(new Oid(4), Tid.NONE, Bytes.utf8("four"))),
                List.of(),
                List.of())));
  }

  private static Command stage() {
    StageChunk.Terms terms = new StageChunk.Terms(3_600_000, 1L << 32, 1L << 33);
    return new StageChunk(STORAGE, new BlobId(ID, 3), 4, 8, Bytes.utf8("two"), terms);
  }

  private static Command stagedCommit() {
    return new CommitTransaction(
        ID,
        STORAGE,
        new Tid(0x99),
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(
            new Write(new Oid(1), new Tid(0x99), null, null, new StagedData(STAGE.id(), 4, 1, 5)),
            new Write(new Oid(2), new Tid(0x99), Bytes.utf8("two"), BLOB),
            new Write(new Oid(3), new Tid(0x99), null, BLOB, new StagedData(STAGE.id(), 4, 0, 7)),
            new Write(new Oid(4), new Tid(0x99), Bytes.EMPTY)),
        List.of(),
        List.of(),
        List.of(BlobReference.empty(new BlobId(ID, 5), 9), STAGE));
  }

  private static Command stagedRestore() {
    return new RestoreTransactions(
        ID,
        STORAGE,
        List.of(
            new RestoredTransaction(
                new Tid(0x99),
                'p',
                TransactionMetadata.EMPTY,
                List.of(
                    new RestoredRevision(
                        new Oid(1), null, null, null, new StagedData(STAGE.id(), 4, 6, 1)),
                    new RestoredRevision(
                        new Oid(2), null, null, BLOB, new StagedData(STAGE.id(), 4, 0, 4)),
                    new RestoredRevision(new Oid(3), Bytes.utf8("three"), null, BLOB),
                    new RestoredRevision(new Oid(4), null, new Tid(0x99))))),
        List.of(STAGE));
  }

  private static Command restoreWithBlobs() {
    return new RestoreTransactions(
        ID,
        STORAGE,
        List.of(
            new RestoredTransaction(
                new Tid(0x03f00000_00000002L),
                'p',
                METADATA,
                List.of(
                    new RestoredRevision(new Oid(1), Bytes.utf8("one"), null, BLOB),
                    new RestoredRevision(new Oid(2), null, new Tid(3)),
                    new RestoredRevision(new Oid(4), Bytes.utf8("four"), null)))));
  }

  private static Command commitWithBlobs() {
    return new CommitTransaction(
        ID,
        STORAGE,
        new Tid(0x03f00000_00000001L),
        METADATA,
        List.of(),
        List.of(
            new Write(new Oid(3), Tid.NONE, Bytes.utf8("three"), BLOB),
            new Write(new Oid(4), new Tid(4), Bytes.utf8("none"))),
        List.of(),
        List.of());
  }

  private static RestoredTransaction restored() {
    return new RestoredTransaction(
        new Tid(0x03f00000_00000002L),
        'p',
        METADATA,
        List.of(
            new RestoredRevision(new Oid(1), Bytes.utf8("one"), null),
            new RestoredRevision(new Oid(2), null, new Tid(3)),
            new RestoredRevision(new Oid(4), null, null)));
  }
}
