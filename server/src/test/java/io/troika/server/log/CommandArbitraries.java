package io.troika.server.log;

import static io.troika.server.log.TransactionArbitraries.commits;
import static io.troika.server.log.TransactionArbitraries.commitsTogether;
import static io.troika.server.log.TransactionArbitraries.restores;
import static io.troika.server.log.TransactionArbitraries.stagedCommits;
import static io.troika.server.log.TransactionArbitraries.stagedCommitsTogether;
import static io.troika.server.log.TransactionArbitraries.stagedRestores;
import static io.troika.server.log.ValueArbitraries.LIST_SIZE_MAX;
import static io.troika.server.log.ValueArbitraries.blobIds;
import static io.troika.server.log.ValueArbitraries.bytes;
import static io.troika.server.log.ValueArbitraries.ids;
import static io.troika.server.log.ValueArbitraries.names;
import static io.troika.server.log.ValueArbitraries.oids;
import static io.troika.server.log.ValueArbitraries.storages;
import static io.troika.server.log.ValueArbitraries.text;
import static io.troika.server.log.ValueArbitraries.tids;
import static io.troika.server.log.ValueArbitraries.uuids;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.Permission;
import io.troika.server.core.model.TransactionMetadata;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Every command that can be built, edge values included. */
final class CommandArbitraries {
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
        stagedCommitsTogether().map(c -> c),
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
        Combinators.combine(names(), groups).as(GroupChange.UnplaceStorage::new),
        groups.map(GroupChange.DropGroup::new),
        Arbitraries.just(new GroupChange.SealGroup()),
        uuids().map(GroupChange.NameCluster::new));
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
}
