package io.troika.server.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.Revision;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.core.mvcc.LoadResult.Missing;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.mvcc.SerialResult;
import io.troika.server.core.mvcc.TransactionContents;
import io.troika.server.core.mvcc.TransactionReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/**
 * A storage that is packed again and again while it is written, beside a twin that is given the
 * contents of each of its transactions and is never packed. At the horizon and after it both show
 * the same at any moment; before it the packed one shows the same or nothing.
 */
final class PackTwinTest {
  private static final StorageId MAIN = new StorageId(1);
  private static final int STEPS_MAX = 1_000;

  /** So often is each object asked for that it is done in one walk. */
  private static final int SERIALS_ASKED = 64;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core =
      new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
  private final ObjectReads reads = new ObjectReads(store);
  private final MemoryRevisionStore twinStore = new MemoryRevisionStore();
  private final StorageCore twin = new StorageCore(twinStore, CommitListener.NONE);
  private final ObjectReads twinReads = new ObjectReads(twinStore);
  // Before this tid they are gone.
  private final Map<Oid, Tid> garbage = new TreeMap<>();
  private long index;

  @Property(tries = 1_500, shrinking = ShrinkingMode.BOUNDED)
  void packedStorage_atAnyMoment_showsWhatItsTwinShows(
      @ForAll @Size(min = 5, max = 60) List<Long> seeds) {
    PackTwinTest test = new PackTwinTest();
    test.apply(SimulatedLog.FIRST);
    for (long seed : seeds) {
      Random random = new Random(seed);
      if (random.nextInt(3) > 0) {
        test.apply(RandomEntries.next(random, test.store));
      } else {
        test.pack(random);
      }
      test.compare();
    }
    test.finish();
  }

  private List<Outcome> apply(LogEntry entry) {
    List<Outcome> outcomes = core.apply(new LogPosition(1, index), entry);
    twin.apply(
        new LogPosition(1, index),
        new LogEntry(0, 1, List.of(SimulatedLog.FIRST.commands().get(0))));
    index++;
    Tid twinLast = last(twinStore);
    for (TransactionRecord each : store.transactions(MAIN, twinLast, Tid.MAX, 1_000)) {
      copy(each);
    }
    return outcomes;
  }

  private static Tid last(MemoryRevisionStore of) {
    StorageState state = of.storage(MAIN);
    return state == null ? Tid.NONE : state.lastTid();
  }

  private void copy(TransactionRecord transaction) {
    TransactionContents contents =
        Objects.requireNonNull(new TransactionReads(store).contents(MAIN, transaction.tid()));
    List<RestoredRevision> revisions = new ArrayList<>();
    for (StoredRevision revision : contents.revisions()) {
      @Nullable Bytes data = revision.isAbsent() ? null : reads.data(MAIN, revision);
      revisions.add(new RestoredRevision(revision.oid(), data, null));
      garbage.replace(revision.oid(), Tid.MAX, transaction.tid());
    }
    RestoreTransactions command =
        new RestoreTransactions(
            new TransactionId(new UUID(1, 1), index),
            MAIN,
            List.of(
                new RestoredTransaction(
                    transaction.tid(), ' ', transaction.metadata(), revisions)));
    List<Outcome> outcomes =
        twin.apply(new LogPosition(1, index), new LogEntry(0, 1, List.of(command)));
    assertThat(outcomes).containsExactly(new Committed(transaction.tid()));
    index++;
  }

  private void pack(Random random) {
    PackState pack = store.pack(MAIN);
    Command command;
    if (pack == null || !pack.isRunning()) {
      Tid horizon = new Tid(Math.max(1, last(store).value() - random.nextInt(12)));
      command = new StartPack(MAIN, horizon, random.nextBoolean());
    } else if (pack.phase() == Phase.GARBAGE) {
      command = garbage(random, pack);
    } else {
      command = new PackStep(MAIN, pack.horizon(), 1 + random.nextInt(5), 1 + random.nextInt(5));
    }
    Bytes before = command instanceof PackStep ? digest() : Bytes.EMPTY;
    apply(new LogEntry(0, 1, List.of(command)));
    if (command instanceof PackStep) {
      assertThat(digest()).isEqualTo(before);
    }
  }

  private Bytes digest() {
    return new ReplicaDigest(store).storage(MAIN, last(store));
  }

  private Command garbage(Random random, PackState pack) {
    if (random.nextInt(3) == 0) {
      return new EndGarbage(MAIN, pack.horizon(), random.nextBoolean() ? "" : "given up");
    }
    List<Oid> oids = store.oids(MAIN, Oid.ROOT, 100);
    if (oids.isEmpty()) {
      return new EndGarbage(MAIN, pack.horizon(), "");
    }
    Oid oid = oids.get(random.nextInt(oids.size()));
    Tid serial = Objects.requireNonNull(store.newestBefore(MAIN, oid, Tid.MAX)).tid();
    if (serial.compareTo(pack.horizon()) <= 0) {
      garbage.put(oid, Tid.MAX);
    }
    return new RemoveGarbage(MAIN, pack.horizon(), last(store), List.of(new Garbage(oid, serial)));
  }

  private void compare() {
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();
    StorageState state = Objects.requireNonNull(store.storage(MAIN));
    TreeSet<Tid> bounds = new TreeSet<>();
    bounds.add(Tid.MAX);
    for (TransactionRecord each : twinStore.transactions(MAIN, Tid.NONE, Tid.MAX, 1_000)) {
      bounds.add(each.tid());
      bounds.add(new Tid(each.tid().value() + 1));
    }
    for (Oid oid : twinStore.oids(MAIN, Oid.ROOT, 100)) {
      Tid goneBefore = garbage.getOrDefault(oid, Tid.NONE);
      for (Tid before : bounds) {
        if (before.compareTo(goneBefore) > 0) {
          compare(state, oid, before);
        } else {
          assertThat(reads.loadBefore(MAIN, oid, before)).isInstanceOf(Missing.class);
        }
      }
    }
  }

  private void compare(StorageState state, Oid oid, Tid before) {
    LoadResult found = reads.loadBefore(MAIN, oid, before);
    assertThat(reads.serialBefore(MAIN, oid, before)).isEqualTo(serial(oid, before));
    Optional<Revision> expected = revision(twinReads.loadBefore(MAIN, oid, before));
    boolean packed = before.compareTo(state.packTid()) <= 0;
    if (packed && found instanceof Missing) {
      return;
    }
    assertThat(revision(found)).as("%s before %s of %s", oid, before, state).isEqualTo(expected);
  }

  /** Of all objects, which are so few that they are asked for several times. */
  private void compareSerials(Tid before) {
    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < SERIALS_ASKED; i++) {
      oids.addAll(twinStore.oids(MAIN, Oid.ROOT, 100));
    }
    List<SerialResult> expected = oids.stream().map(oid -> serial(oid, before)).toList();
    assertThat(reads.serialsBefore(MAIN, oids, before)).isEqualTo(expected);
  }

  private SerialResult serial(Oid oid, Tid before) {
    LoadResult loaded = reads.loadBefore(MAIN, oid, before);
    return loaded instanceof Found found
        ? new SerialResult.Seen(oid, found.revision().tid())
        : (Missing) loaded;
  }

  private static Optional<Revision> revision(LoadResult result) {
    return result instanceof Found found ? Optional.of(found.revision()) : Optional.empty();
  }

  private void finish() {
    Random random = new Random(index);
    for (int step = 0; step < STEPS_MAX; step++) {
      PackState pack = store.pack(MAIN);
      if (pack == null || !pack.isRunning()) {
        break;
      }
      pack(random);
    }
    compare();
    Tid packTid = Objects.requireNonNull(store.storage(MAIN)).packTid();
    List.of(packTid, new Tid(packTid.value() + 1), Tid.MAX).forEach(this::compareSerials);
    PackState pack = store.pack(MAIN);
    if (pack != null) {
      assertThat(pack.phase()).isEqualTo(Phase.DONE);
      requireNothingOldIsLeft(pack.horizon());
    }
  }

  private void requireNothingOldIsLeft(Tid horizon) {
    Tid atHorizon = new Tid(horizon.value() + 1);
    for (Oid oid : store.oids(MAIN, Oid.ROOT, 100)) {
      List<StoredRevision> old = store.history(MAIN, oid, atHorizon, 100);
      assertThat(old).as("%s up to %s", oid, horizon).hasSizeLessThanOrEqualTo(1);
      assertThat(old).noneMatch(StoredRevision::isAbsent);
    }
    for (TransactionRecord each : store.transactions(MAIN, Tid.NONE, horizon, 1_000)) {
      assertThat(each.status()).isEqualTo(TransactionRecord.PACKED);
      assertThat(each.oids()).isNotEmpty();
    }
  }
}
