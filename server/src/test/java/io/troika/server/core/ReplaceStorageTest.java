package io.troika.server.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.Packing;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.Staged;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.TransactionReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One storage takes another's place; storages are dropped and renamed. */
final class ReplaceStorageTest {
  private static final StorageId MAIN = new StorageId(1);
  private static final StorageId OTHER = new StorageId(2);
  private static final StorageId NEW = new StorageId(3);
  private static final UUID CLIENT = new UUID(7, 7);

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final List<String> announced = new ArrayList<>();
  private final StorageCore core =
      new StorageCore(
          store,
          new CommitListener() {
            @Override
            public void storageCreated(StorageState storage) {}

            @Override
            public void storageDropped(StorageId storage) {
              announced.add("dropped " + storage);
            }

            @Override
            public void committed(StorageId storage, List<TransactionRecord> transactions) {
              announced.add(storage + " " + transactions.get(0).tid());
            }
          });
  private long index;

  /** Main has tids 10 and 20, the new one 10 alone, which is the beginning of the same history. */
  @BeforeEach
  void fill() {
    apply(
        new CreateStorage("main", new UUID(1, 1)),
        new CreateStorage("other", new UUID(2, 2)),
        new CreateStorage("main.new", new UUID(3, 3)));
    apply(write(1, MAIN, 10, 0xa), write(2, MAIN, 20, 0xb), write(3, NEW, 10, 0xa));
    announced.clear();
  }

  @Test
  void replace_takesNameIdentityAndPlace_asTheNextEpoch() {
    assertThat(apply(replace(100, Tid.MAX, 10))).containsExactly(new Committed(new Tid(50)));

    assertThat(store.storage(MAIN)).isNull();
    StorageState state = requireNonNull(store.storage(NEW));
    assertThat(state.name()).isEqualTo("main");
    assertThat(state.uuid()).isEqualTo(new UUID(1, 1));
    assertThat(state.epoch()).isEqualTo(2);
    assertThat(state.epochTid()).isEqualTo(new Tid(50));
    assertThat(state.lastTid()).isEqualTo(new Tid(50));
    assertThat(state.nextOid()).isEqualTo(new Oid(0xc)); // nobody is given 0xb again
    assertThat(store.storages().stream().sorted(StorageState.BY_PLACE).map(StorageState::name))
        .containsExactly("main", "other");
    assertThat(announced).containsExactly("dropped storage 1", "storage 3 0x32");
    assertThat(store.newestBefore(MAIN, new Oid(0xa), Tid.MAX)).isNull();
  }

  /** Whatever the leader's clock says: a client that has seen 20 must not take it for its past. */
  @Test
  void replace_candidateOfThePast_beginsBehindAllThatAnybodySaw() {
    assertThat(apply(replace(100, Tid.MAX, 10, Tid.NONE, new Tid(5))))
        .containsExactly(new Committed(new Tid(21)));
  }

  @Test
  void replace_byOneOfALaterEpoch_goesOnCountingWithTheOneThatGoes() {
    apply(replace(100, Tid.MAX, 10));
    StorageState main = requireNonNull(store.storage(NEW));
    StorageState other = requireNonNull(store.storage(OTHER));

    apply(
        new ReplaceStorage(
            new TransactionId(CLIENT, 101),
            OTHER,
            other.epoch(),
            Tid.MAX,
            NEW,
            main.lastTid(),
            Tid.NONE,
            new Tid(60),
            TransactionMetadata.EMPTY));
    apply(
        new CreateStorage("third", new UUID(4, 4)),
        new ReplaceStorage(
            new TransactionId(CLIENT, 102),
            new StorageId(4),
            1,
            Tid.MAX,
            NEW,
            new Tid(60),
            Tid.NONE,
            new Tid(70),
            TransactionMetadata.EMPTY));

    StorageState state = requireNonNull(store.storage(NEW));
    assertThat(state.uuid()).isEqualTo(new UUID(4, 4));
    assertThat(state.epoch()).isEqualTo(2);
  }

  @Test
  void replace_sentAgain_isAnsweredAndNotDoneAgain() {
    apply(replace(100, Tid.MAX, 10));

    assertThat(apply(replace(100, Tid.MAX, 10))).containsExactly(new Committed(new Tid(50)));

    assertThat(requireNonNull(store.storage(NEW)).epoch()).isEqualTo(2);
  }

  @Test
  void replace_oneIsNotAsItIsSaidToBe_changesNothing() {
    var before = new ReplicaDigest(store).storage(MAIN, new Tid(20));

    assertThat(
            apply(
                replace(100, Tid.NONE, 10),
                replace(101, new Tid(19), 10),
                replace(102, Tid.MAX, 9),
                replace(103, Tid.MAX, 10, new Tid(11), new Tid(50)),
                new ReplaceStorage(
                    id(104),
                    MAIN,
                    2,
                    Tid.MAX,
                    NEW,
                    new Tid(10),
                    Tid.NONE,
                    new Tid(50),
                    TransactionMetadata.EMPTY),
                new ReplaceStorage(
                    id(105),
                    MAIN,
                    1,
                    Tid.MAX,
                    MAIN,
                    new Tid(20),
                    Tid.NONE,
                    new Tid(50),
                    TransactionMetadata.EMPTY)))
        .hasSize(6)
        .allSatisfy(
            outcome ->
                assertThat(((Rejected) outcome).reason()).isEqualTo(Reason.INVALID_TRANSACTION));

    assertThat(new ReplicaDigest(store).storage(MAIN, new Tid(20))).isEqualTo(before);
    assertThat(requireNonNull(store.storage(NEW)).name()).isEqualTo("main.new");
  }

  @Test
  void commit_toTheReplacedOneInTheSameEntryOrLater_isRefused() {
    List<Outcome> outcomes = apply(replace(100, Tid.MAX, 10), write(4, MAIN, 60, 0xc));

    assertThat(((Rejected) outcomes.get(1)).reason()).isEqualTo(Reason.UNKNOWN_STORAGE);
    assertThat(((Rejected) apply(write(5, MAIN, 70, 0xc)).get(0)).reason())
        .isEqualTo(Reason.UNKNOWN_STORAGE);
    assertThat(apply(write(6, NEW, 70, 0xc))).containsExactly(new Committed(new Tid(70)));
  }

  /** Committed and gone: the entry acknowledges it, nothing of it may be written. */
  @Test
  void commit_toTheReplacedOneBeforeItInTheSameEntry_isGoneWithIt() {
    apply(write(4, MAIN, 30, 0xc), replace(100, Tid.MAX, 10));

    assertThat(store.newestBefore(MAIN, new Oid(0xc), Tid.MAX)).isNull();
    assertThat(announced).containsExactly("dropped storage 1", "storage 3 0x32");
  }

  @Test
  void invalidations_sinceBeforeTheEpoch_areNotKnown() {
    apply(replace(100, Tid.MAX, 10));
    TransactionReads reads = new TransactionReads(store);

    // 20 was seen in a history that is lost, and nobody can say by the tid who saw which.
    for (long since : new long[] {10, 20, 49}) {
      assertThat(reads.invalidationsSince(NEW, new Tid(since), 100, 100))
          .isEqualTo(new InvalidationsResult.TooOld(new Tid(50)));
    }
    apply(write(6, NEW, 70, 0xc));
    assertThat(reads.invalidationsSince(NEW, new Tid(50), 100, 100))
        .isEqualTo(new InvalidationsResult.Complete(new Tid(70), List.of(new Oid(0xc))));
  }

  @Test
  void replace_withAHorizon_packsTheNewOneUpToThere() {
    apply(replace(100, Tid.MAX, 10, new Tid(10), new Tid(50)));

    assertThat(requireNonNull(store.storage(NEW)).packTid()).isEqualTo(new Tid(10));
  }

  /** Found by the simulation: the horizon of a storage never goes back. */
  @Test
  void pack_toBeforeTheHorizonThatCameWithTheStorage_packsToThatOne() {
    apply(replace(100, Tid.MAX, 10, new Tid(10), new Tid(50)));

    assertThat(apply(new StartPack(NEW, new Tid(3), false)).get(0))
        .isInstanceOfSatisfying(
            Packing.class, packing -> assertThat(packing.state().horizon()).isEqualTo(new Tid(10)));

    assertThat(requireNonNull(store.storage(NEW)).packTid()).isEqualTo(new Tid(10));
  }

  @Test
  void replace_twice_keepsThePlaceAndRaisesTheEpochAgain() {
    apply(replace(100, Tid.MAX, 10));
    apply(new CreateStorage("main.new", new UUID(4, 4)));
    StorageId newer = new StorageId(4);

    apply(
        new ReplaceStorage(
            id(101),
            NEW,
            2,
            Tid.MAX,
            newer,
            Tid.NONE,
            Tid.NONE,
            new Tid(40),
            TransactionMetadata.EMPTY));

    StorageState state = requireNonNull(store.storage(newer));
    assertThat(state.epoch()).isEqualTo(3);
    assertThat(state.epochTid()).isEqualTo(new Tid(51));
    assertThat(state.place()).isEqualTo(MAIN);
  }

  @Test
  void drop_takesAllThatIsInIt_stagedBlobsToo() {
    apply(
        new StageChunk(
            MAIN,
            new BlobId(id(9), 0),
            4,
            0,
            Bytes.utf8("four"),
            new StageChunk.Terms(1_000, 1_000, 1_000)));
    assertThat(store.stagedBlobs()).hasSize(1);

    assertThat(apply(new DropStorage(MAIN, 1))).containsExactly(new Done());

    assertThat(store.storage(MAIN)).isNull();
    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(((Rejected) apply(new DropStorage(MAIN, 1)).get(0)).reason())
        .isEqualTo(Reason.UNKNOWN_STORAGE);
    // The name is free again, the id is not given again.
    assertThat(((StorageCreated) apply(new CreateStorage("main", new UUID(5, 5))).get(0)).storage())
        .satisfies(state -> assertThat(state.id()).isEqualTo(new StorageId(4)));
  }

  /** Whoever packs has not heard of it: his step may come right behind it in the log. */
  @Test
  void drop_whilePacked_theNextStepOfTheSameEntryDoesNothing() {
    BlobReference blob =
        ((Staged)
                apply(
                        new StageChunk(
                            MAIN,
                            new BlobId(id(9), 0),
                            4,
                            0,
                            Bytes.utf8("four"),
                            new StageChunk.Terms(1_000, 1_000, 1_000)))
                    .get(0))
            .content();
    apply(write(9, 30, Tid.NONE, blob), write(10, 40, new Tid(30), null));
    apply(new StartPack(MAIN, new Tid(40), false));
    PackStep step = new PackStep(MAIN, new Tid(40), 100, 1_000);

    assertThat(
            apply(
                new DropStorage(MAIN, 1),
                step, // takes a revision away that has a blob
                new EndGarbage(MAIN, new Tid(40), ""),
                new RemoveGarbage(MAIN, new Tid(40), new Tid(40), List.of())))
        .containsOnly(new Done());

    assertThat(store.pack(MAIN)).isNull();
    assertThat(store.newestBefore(MAIN, new Oid(0xc), Tid.MAX)).isNull();
    assertThat(apply(step)).containsExactly(new Done());
  }

  private static CommitTransaction write(
      long sequence, long tid, Tid serial, @Nullable BlobReference blob) {
    return new CommitTransaction(
        id(sequence),
        MAIN,
        new Tid(tid),
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(new Write(new Oid(0xc), serial, Bytes.utf8("x" + tid), blob)),
        List.of(),
        List.of());
  }

  @Test
  void drop_anotherEpoch_isRefused() {
    assertThat(((Rejected) apply(new DropStorage(MAIN, 2)).get(0)).reason())
        .isEqualTo(Reason.INVALID_TRANSACTION);
    assertThat(store.storage(MAIN)).isNotNull();
  }

  @Test
  void rename_toAFreeName_isKnownByItAlone() {
    List<Outcome> outcomes =
        apply(
            new RenameStorage(MAIN, "other"),
            new RenameStorage(MAIN, "mine"),
            new RenameStorage(OTHER, "main"),
            new CreateStorage("mine", new UUID(6, 6)));

    assertThat(((Rejected) outcomes.get(0)).reason()).isEqualTo(Reason.INVALID_TRANSACTION);
    assertThat(((StorageCreated) outcomes.get(1)).storage().name()).isEqualTo("mine");
    assertThat(((StorageCreated) outcomes.get(2)).storage().id()).isEqualTo(OTHER);
    assertThat(((StorageCreated) outcomes.get(3)).storage().id()).isEqualTo(MAIN);
    assertThat(requireNonNull(store.storage(MAIN)).epoch()).isEqualTo(1);
  }

  private static ReplaceStorage replace(long sequence, Tid newestMax, long byLast) {
    return replace(sequence, newestMax, byLast, Tid.NONE, new Tid(50));
  }

  private static ReplaceStorage replace(
      long sequence, Tid newestMax, long byLast, Tid horizon, Tid candidate) {
    return new ReplaceStorage(
        id(sequence),
        MAIN,
        1,
        newestMax,
        NEW,
        new Tid(byLast),
        horizon,
        candidate,
        TransactionMetadata.EMPTY);
  }

  private static CommitTransaction write(long sequence, StorageId storage, long tid, long oid) {
    return new CommitTransaction(
        id(sequence),
        storage,
        new Tid(tid),
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(new Write(new Oid(oid), Tid.NONE, Bytes.utf8("x" + tid))),
        List.of(),
        List.of());
  }

  private static TransactionId id(long sequence) {
    return new TransactionId(CLIENT, sequence);
  }

  private List<Outcome> apply(Command... commands) {
    return core.apply(
        new LogPosition(1, ++index), new LogEntry(1_000, 1_000_000, List.of(commands)));
  }
}
