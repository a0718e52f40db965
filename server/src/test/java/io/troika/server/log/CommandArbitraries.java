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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Every command and outcome that can be built, edge values included. */
final class CommandArbitraries {
  private static final int LIST_SIZE_MAX = 6;

  private CommandArbitraries() {}

  static Arbitrary<LogEntry> entries() {
    return Combinators.combine(
            Arbitraries.longs().greaterOrEqual(0),
            Arbitraries.longs().greaterOrEqual(1),
            commands().list().ofMinSize(1).ofMaxSize(LIST_SIZE_MAX))
        .as(LogEntry::new);
  }

  static Arbitrary<Command> commands() {
    return Arbitraries.oneOf(
        commits().map(c -> c),
        commitsTogether().map(c -> c),
        restores().map(c -> c),
        stagedCommits().map(c -> c),
        stagedRestores().map(c -> c),
        ids().map(AbandonTransaction::new),
        Combinators.combine(storages(), Arbitraries.integers().between(1, AllocateOids.COUNT_MAX))
            .as(AllocateOids::new),
        Combinators.combine(names(), uuids()).as(CreateStorage::new),
        Arbitraries.just(new NoOperation()),
        stages().map(c -> c),
        packs().map(c -> c),
        changesOfStorages(),
        accessChanges().map(c -> c),
        changesOfGroups());
  }

  private static Arbitrary<Command> changesOfGroups() {
    Arbitrary<String> groups =
        Arbitraries.strings().withCharRange('h', 'z').ofMinLength(1).ofMaxLength(32);
    Arbitrary<GroupInfo.Member> members =
        Combinators.combine(names(), names(), names(), names()).as(GroupInfo.Member::new);
    return Arbitraries.oneOf(
        Combinators.combine(
                groups,
                uuids(),
                members
                    .list()
                    .ofMinSize(1)
                    .ofMaxSize(LIST_SIZE_MAX)
                    .uniqueElements(GroupInfo.Member::nodeId))
            .as(GroupChange.CreateGroup::new),
        Combinators.combine(names(), groups).as(GroupChange.PlaceStorage::new),
        Combinators.combine(names(), groups).as(GroupChange.UnplaceStorage::new));
  }

  private static Arbitrary<Command> changesOfStorages() {
    Arbitrary<Long> epochs = Arbitraries.longs();
    return Arbitraries.oneOf(
        Combinators.combine(ids(), storages(), epochs, tids(), storages(), tids(), tids(), tids())
            .as(
                (id, storage, epoch, newest, by, byLast, horizon, candidate) ->
                    new StorageChange.ReplaceStorage(
                        id,
                        storage,
                        epoch,
                        newest,
                        by,
                        byLast,
                        horizon,
                        candidate,
                        new TransactionMetadata(
                            Bytes.utf8(newest.toString()), Bytes.EMPTY, Bytes.utf8("x")))),
        Combinators.combine(storages(), epochs).as(StorageChange.DropStorage::new),
        Combinators.combine(storages(), names()).as(StorageChange.RenameStorage::new),
        Combinators.combine(storages(), Arbitraries.longs().greaterOrEqual(0))
            .as(StorageChange.SetQuota::new));
  }

  private static Arbitrary<ChangeAccess> accessChanges() {
    Arbitrary<AccessKey> keys =
        Combinators.combine(
                Arbitraries.of(AccessKey.Kind.class),
                Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(AccessKey.NAME_LENGTH_MAX))
            .as(AccessKey::new);
    return Combinators.combine(
            keys,
            Arbitraries.of(Permission.class).list().ofMaxSize(LIST_SIZE_MAX),
            names().list().ofMaxSize(LIST_SIZE_MAX),
            Arbitraries.longs().greaterOrEqual(0),
            Arbitraries.bytes().array(byte[].class).ofSize(AccessGrant.HASH_BYTES))
        .as(
            (key, permissions, storages, expires, hash) -> {
              Bytes secret = key.kind() == AccessKey.Kind.TOKEN ? Bytes.wrap(hash) : Bytes.EMPTY;
              return new ChangeAccess(
                  key,
                  permissions.isEmpty()
                      ? null
                      : new AccessGrant(key, permissions, storages, expires, secret));
            });
  }

  private static Arbitrary<BlobId> blobIds() {
    return Combinators.combine(ids(), Arbitraries.integers().greaterOrEqual(0)).as(BlobId::new);
  }

  private static Arbitrary<StageChunk> stages() {
    Arbitrary<Long> bounds = Arbitraries.longs();
    return Combinators.combine(
            storages(),
            blobIds(),
            Arbitraries.integers().between(1, 1000),
            bytes().filter(bytes -> !bytes.isEmpty()),
            Arbitraries.longs().greaterOrEqual(1),
            bounds,
            bounds)
        .as(
            (storage, blob, number, data, keep, inStorage, inGroup) ->
                new StageChunk(
                    storage,
                    blob,
                    data.size(),
                    (long) data.size() * number,
                    data,
                    new StageChunk.Terms(keep, inStorage, inGroup)));
  }

  private static Arbitrary<BlobReference> blobs() {
    return Combinators.combine(blobIds(), bytes(), Arbitraries.integers().between(1, 9))
        .as((id, data, size) -> BlobReference.empty(id, size).with(data));
  }

  private static Arbitrary<Command> packs() {
    Arbitrary<Boolean> flags = Arbitraries.of(true, false);
    return Arbitraries.oneOf(
        Combinators.combine(storages(), tids(), flags).as(StartPack::new),
        Combinators.combine(
                storages(),
                tids(),
                Arbitraries.integers().between(1, PackStep.ROWS_MAX),
                Arbitraries.longs().greaterOrEqual(1))
            .as(PackStep::new),
        Combinators.combine(
                storages(),
                tids(),
                tids(),
                Combinators.combine(oids(), tids())
                    .as(Garbage::new)
                    .list()
                    .ofMaxSize(LIST_SIZE_MAX))
            .as(RemoveGarbage::new),
        Combinators.combine(storages(), tids(), text()).as(EndGarbage::new));
  }

  private static Arbitrary<PackState> packStates() {
    Arbitrary<PackState.Removed> removed =
        Arbitraries.longs().map(count -> new PackState.Removed(count, ~count, count + 1, 7));
    return Combinators.combine(
            storages(),
            tids(),
            tids().filter(tid -> !tid.isNone()),
            Arbitraries.of(true, false),
            Arbitraries.of(PackState.Phase.class),
            oids(),
            removed,
            text())
        .as(
            (storage, tid, horizon, garbage, phase, oid, gone, problem) ->
                new PackState(storage, tid, horizon, garbage, phase, oid, tid, gone, problem));
  }

  static Arbitrary<Outcome> outcomes() {
    return Arbitraries.oneOf(
        tids().map(Outcome.Committed::new),
        conflicts().list().ofMinSize(1).ofMaxSize(LIST_SIZE_MAX).map(Outcome.Conflict::new),
        Combinators.combine(oids(), tids(), tids())
            .as(Outcome.UndoObstacle::new)
            .list()
            .ofMinSize(1)
            .ofMaxSize(LIST_SIZE_MAX)
            .map(Outcome.UndoConflict::new),
        Combinators.combine(conflicts(), storages())
            .as(ObjectConflict::in)
            .list()
            .ofMinSize(1)
            .ofMaxSize(LIST_SIZE_MAX)
            .map(Outcome.Conflict::new),
        Combinators.combine(oids(), tids(), tids(), storages())
            .as((oid, undone, now, in) -> new Outcome.UndoObstacle(oid, undone, now).in(in))
            .list()
            .ofMinSize(1)
            .ofMaxSize(LIST_SIZE_MAX)
            .map(Outcome.UndoConflict::new),
        Arbitraries.just(new Outcome.Abandoned()),
        Combinators.combine(Arbitraries.of(Outcome.Rejected.Reason.class), text())
            .as(Outcome.Rejected::new),
        Combinators.combine(oids(), Arbitraries.integers()).as(Outcome.OidsAllocated::new),
        Combinators.combine(states(), Arbitraries.of(true, false)).as(Outcome.StorageCreated::new),
        Arbitraries.just(new Outcome.Done()),
        blobs().map(Outcome.Staged::new),
        packStates().map(Outcome.Packing::new),
        tids().map(Outcome.GarbageStale::new));
  }

  private static Arbitrary<CommitTransaction> commits() {
    Arbitrary<ReadCheck> reads = Combinators.combine(oids(), tids()).as(ReadCheck::new);
    Arbitrary<Write> writes =
        Combinators.combine(oids(), tids(), bytes(), blobs().injectNull(0.5)).as(Write::new);
    Arbitrary<Delete> deletes = Combinators.combine(oids(), tids()).as(Delete::new);
    return Combinators.combine(
            ids(),
            storages(),
            tids(),
            metadata(),
            reads.list().ofMaxSize(LIST_SIZE_MAX),
            writes.list().ofMaxSize(LIST_SIZE_MAX),
            deletes.list().ofMaxSize(LIST_SIZE_MAX),
            tids().list().ofMaxSize(LIST_SIZE_MAX))
        .as(CommitTransaction::new);
  }

  /** With some of its data in a stage. */
  private static Arbitrary<CommitTransaction> stagedCommits() {
    return Combinators.combine(commits(), bytes(), Arbitraries.integers().between(1, 9), oids())
        .as(
            (commit, data, chunkBytes, oid) -> {
              BlobReference stage =
                  BlobReference.empty(new BlobId(commit.id(), 1), chunkBytes).with(data);
              List<Write> writes = new ArrayList<>(commit.writes());
              if (!data.isEmpty()) {
                StagedData all = new StagedData(stage.id(), chunkBytes, 0, data.size());
                writes.add(new Write(oid, Tid.NONE, null, null, all));
              }
              return new CommitTransaction(
                  commit.id(),
                  commit.storage(),
                  commit.candidate(),
                  commit.metadata(),
                  commit.reads(),
                  writes,
                  commit.deletes(),
                  commit.undos(),
                  List.of(stage));
            });
  }

  private static Arbitrary<RestoreTransactions> stagedRestores() {
    return Combinators.combine(restores(), bytes(), oids(), blobs().injectNull(0.5))
        .as(
            (restore, data, oid, blob) -> {
              BlobReference stage = BlobReference.empty(new BlobId(restore.id(), 1), 4).with(data);
              List<RestoredTransaction> transactions = new ArrayList<>(restore.transactions());
              if (!data.isEmpty()) {
                StagedData all = new StagedData(stage.id(), 4, 0, data.size());
                RestoredRevision revision = new RestoredRevision(oid, null, null, blob, all);
                transactions.add(
                    new RestoredTransaction(
                        Tid.MAX, ' ', TransactionMetadata.EMPTY, List.of(revision)));
              }
              return new RestoreTransactions(
                  restore.id(), restore.storage(), transactions, List.of(stage));
            });
  }

  private static Arbitrary<CommitTogether> commitsTogether() {
    return commits()
        .list()
        .ofMinSize(2)
        .ofMaxSize(LIST_SIZE_MAX)
        .uniqueElements(CommitTransaction::storage)
        .map(
            commits -> {
              CommitTransaction any = commits.get(0);
              return new CommitTogether(
                  any.id(),
                  any.candidate(),
                  any.metadata(),
                  commits.stream()
                      .sorted(Comparator.comparing(CommitTransaction::storage))
                      .map(
                          commit ->
                              new Share(
                                  commit.storage(),
                                  commit.reads(),
                                  commit.writes(),
                                  commit.deletes(),
                                  commit.undos()))
                      .toList());
            });
  }

  private static Arbitrary<RestoreTransactions> restores() {
    Arbitrary<RestoredRevision> revisions =
        Arbitraries.oneOf(
            oids().map(oid -> new RestoredRevision(oid, null, null)),
            Combinators.combine(oids(), bytes(), blobs().injectNull(0.5))
                .as((o, data, blob) -> new RestoredRevision(o, data, null, blob)),
            Combinators.combine(oids(), tids()).as((o, tid) -> new RestoredRevision(o, null, tid)));
    Arbitrary<RestoredTransaction> transactions =
        Combinators.combine(
                tids(), Arbitraries.chars(), metadata(), revisions.list().ofMaxSize(LIST_SIZE_MAX))
            .as(RestoredTransaction::new);
    return Combinators.combine(
            ids(), storages(), transactions.list().ofMinSize(1).ofMaxSize(LIST_SIZE_MAX))
        .as(RestoreTransactions::new);
  }

  private static Arbitrary<ObjectConflict> conflicts() {
    return Combinators.combine(Arbitraries.of(ObjectConflict.Kind.class), oids(), tids(), tids())
        .as(ObjectConflict::new);
  }

  private static Arbitrary<StorageState> states() {
    Arbitrary<Long> counts = Arbitraries.longs();
    return Combinators.combine(
            storages(),
            names(),
            uuids(),
            Arbitraries.longs().greaterOrEqual(1),
            tids(),
            oids(),
            counts)
        .as(
            (id, name, uuid, epoch, tid, oid, count) ->
                new StorageState(id, name, uuid, epoch, tid, oid, tid, count, count, count));
  }

  private static Arbitrary<Oid> oids() {
    return Arbitraries.longs().map(Oid::new);
  }

  private static Arbitrary<Tid> tids() {
    return Arbitraries.longs().greaterOrEqual(0).map(Tid::new);
  }

  private static Arbitrary<StorageId> storages() {
    return Arbitraries.integers().greaterOrEqual(1).map(StorageId::new);
  }

  private static Arbitrary<UUID> uuids() {
    return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(UUID::new);
  }

  private static Arbitrary<TransactionId> ids() {
    return Combinators.combine(uuids(), Arbitraries.longs().greaterOrEqual(0))
        .as(TransactionId::new);
  }

  private static Arbitrary<TransactionMetadata> metadata() {
    return Combinators.combine(bytes(), bytes(), bytes()).as(TransactionMetadata::new);
  }

  /** Slices of bigger arrays too: the codecs must honour offsets. */
  private static Arbitrary<Bytes> bytes() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMaxSize(40)
        .map(array -> Bytes.wrap(array).slice(array.length / 3, array.length - array.length / 3));
  }

  /** Text without lone surrogates, which UTF-8 cannot say. */
  private static Arbitrary<String> text() {
    return Arbitraries.integers()
        .between(0, Character.MAX_CODE_POINT)
        .filter(code -> code < Character.MIN_SURROGATE || code > Character.MAX_SURROGATE)
        .list()
        .ofMaxSize(20)
        .map(
            codes ->
                codes.stream()
                    .collect(
                        StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString());
  }

  private static Arbitrary<String> names() {
    return text().filter(name -> !name.isEmpty());
  }
}
