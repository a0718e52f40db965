package io.troika.server.log;

import static io.troika.server.log.ValueArbitraries.LIST_SIZE_MAX;
import static io.troika.server.log.ValueArbitraries.blobs;
import static io.troika.server.log.ValueArbitraries.names;
import static io.troika.server.log.ValueArbitraries.oids;
import static io.troika.server.log.ValueArbitraries.storages;
import static io.troika.server.log.ValueArbitraries.text;
import static io.troika.server.log.ValueArbitraries.tids;
import static io.troika.server.log.ValueArbitraries.uuids;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageState;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Every outcome that can be built, edge values included. */
final class OutcomeArbitraries {
  private OutcomeArbitraries() {}

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

  private static Arbitrary<ObjectConflict> conflicts() {
    return Combinators.combine(Arbitraries.of(ObjectConflict.Kind.class), oids(), tids(), tids())
        .as(ObjectConflict::new);
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
}
