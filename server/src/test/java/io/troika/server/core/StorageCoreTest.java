package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the scenario transcripts can't say: positions, announcements, limits. */
final class StorageCoreTest {
  private static final StorageId MAIN = new StorageId(1);
  private static final long RETENTION_MILLIS = 1_000;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final List<String> announced = new ArrayList<>();
  private final StorageCore core = new StorageCore(store, new RecordingListener());
  private long index;

  @BeforeEach
  void createStorage() {
    apply(new CreateStorage("main", new UUID(1, 2)));
    announced.clear();
  }

  @Test
  void apply_positionNotAfterApplied_isBroken() {
    LogEntry entry = entry(new NoOperation());
    LogPosition applied = core.applied();

    assertThatThrownBy(() -> core.apply(applied, entry)).isInstanceOf(InvariantViolation.class);
    assertThatThrownBy(() -> core.apply(new LogPosition(0, applied.index() + 1), entry))
        .isInstanceOf(InvariantViolation.class);
    assertThatThrownBy(() -> core.advance(applied)).isInstanceOf(InvariantViolation.class);
    assertThat(core.applied()).isEqualTo(applied);
  }

  @Test
  void apply_gapInPositions_isFine() {
    core.apply(new LogPosition(7, 100), entry(new NoOperation()));

    assertThat(core.applied()).isEqualTo(new LogPosition(7, 100));
  }

  @Test
  void advance_noCommands_movesTheAppliedPositionOnly() {
    StorageState before = store.storage(MAIN);

    core.advance(new LogPosition(3, 50));

    assertThat(core.applied()).isEqualTo(new LogPosition(3, 50));
    assertThat(store.storage(MAIN)).isEqualTo(before);
  }

  @Test
  void apply_severalTransactions_areAnnouncedInOrderOnceVisible() {
    apply(write(1, 10, 0xa), write(2, 10, 0xb), new CreateStorage("second", new UUID(3, 4)));

    assertThat(announced).containsExactly("created second", "main 0xa [0xa]", "main 0xb [0xb]");
  }

  @Test
  void apply_repeatedTransaction_isAnnouncedOnce() {
    apply(write(1, 10, 0xa), write(1, 10, 0xa));
    apply(write(1, 99, 0xa));

    assertThat(announced).containsExactly("main 0xa [0xa]");
  }

  @Test
  void commit_candidateBehindTheLastTid_getsTheNextTid() {
    List<Outcome> outcomes = apply(write(1, 100, 0xa), write(2, 50, 0xb), write(3, 200, 0xc));

    assertThat(outcomes).containsExactly(committed(100), committed(101), committed(200));
  }

  /** 31 February 2023, 10:30: TimeStamp can say it, so a restored transaction may have it. */
  @Test
  void commit_afterATidOfNoDay_getsGreaterOnesFromTheNextDayOfTheCalendar() {
    Tid noDay = new Tid(0x3eebb1600000000L);
    Instant march = Instant.parse("2023-03-01T00:00:00Z");
    long first = Tid.ofInstant(march).value();
    long inFebruary = Tid.ofInstant(march.minusSeconds(60)).value();
    long inMarch = Tid.ofInstant(march.plusSeconds(1)).value();

    apply(restore(1, noDay.value(), 0xa));
    List<Outcome> outcomes =
        apply(write(2, inFebruary, 0xb), write(3, noDay.value(), 0xc), write(4, inMarch, 0xd));

    assertThat(outcomes)
        .containsExactly(committed(first), committed(first + 1), committed(inMarch));
    assertThat(new Tid(first)).isGreaterThan(noDay);
    assertThat(new Tid(first).toInstant()).isEqualTo(march);
  }

  @Test
  void commit_noTidLeft_isRejected() {
    long last = Tid.MAX.value() - 1;
    apply(restore(1, last, 0xa));

    assertThat(apply(write(2, 5, 0xb)))
        .singleElement()
        .satisfies(outcome -> assertRejected(outcome, Rejected.Reason.INVALID_TRANSACTION));
    assertThat(apply(restore(3, Tid.MAX.value(), 0xb)))
        .singleElement()
        .satisfies(outcome -> assertRejected(outcome, Rejected.Reason.INVALID_TRANSACTION));
    assertThat(lastTid()).isEqualTo(new Tid(last));
  }

  @Test
  void commit_manyObjects_recordsThemInOidOrder() {
    apply(
        commit(
            1,
            10,
            List.of(
                writeOf(0xc), writeOf(Oid.MAX.value()), writeOf(0xa), writeOf(Long.MIN_VALUE))));

    assertThat(store.transaction(MAIN, new Tid(10)))
        .isNotNull()
        .satisfies(
            record -> {
              assertThat(record.oids())
                  .containsExactly(new Oid(0xa), new Oid(0xc), new Oid(Long.MIN_VALUE), Oid.MAX);
              assertThat(record.sizeBytes()).isEqualTo(4 * 3);
            });
  }

  @Test
  void allocate_nearTheLastOid_handsOutTheRestAndNoMore() {
    long almost = Oid.MAX.value() - 3;
    apply(write(1, 10, almost - 1));

    assertThat(apply(new AllocateOids(MAIN, 4)))
        .singleElement()
        .satisfies(outcome -> assertRejected(outcome, Rejected.Reason.OIDS_EXHAUSTED));
    assertThat(apply(new AllocateOids(MAIN, 3)))
        .containsExactly(new OidsAllocated(new Oid(almost), 3));
    assertThat(apply(new AllocateOids(MAIN, 1)))
        .singleElement()
        .satisfies(outcome -> assertRejected(outcome, Rejected.Reason.OIDS_EXHAUSTED));
  }

  @Test
  void allocate_lastOidStored_saturates() {
    apply(write(1, 10, Oid.MAX.value()));

    assertThat(apply(new AllocateOids(MAIN, 1)))
        .singleElement()
        .satisfies(outcome -> assertRejected(outcome, Rejected.Reason.OIDS_EXHAUSTED));
  }

  @Test
  void outcomes_manyExpired_areForgottenInBoundedSteps() {
    int count = 3 * StorageCore.OUTCOMES_FORGOTTEN_MIN;
    List<Command> writes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      writes.add(write(i, 1, i));
    }
    applyAt(0, writes);

    applyAt(RETENTION_MILLIS - 1, List.of(new NoOperation()));
    assertThat(remembered()).isEqualTo(count);
    for (int forgotten = 1; forgotten <= 3; forgotten++) {
      applyAt(RETENTION_MILLIS, List.of(new NoOperation()));
      assertThat(remembered()).isEqualTo(count - forgotten * StorageCore.OUTCOMES_FORGOTTEN_MIN);
    }
  }

  @Test
  void outcomes_steadyLoad_doNotPileUp() {
    int batch = 2_000;
    for (int round = 0; round < 10; round++) {
      List<Command> writes = new ArrayList<>();
      for (int i = 0; i < batch; i++) {
        writes.add(write(round * batch + i, 1, i));
      }
      applyAt(round * RETENTION_MILLIS, writes);
    }

    assertThat(remembered()).isLessThanOrEqualTo(2 * batch);
  }

  @Test
  void outcomes_hugeRetention_doesNotOverflow() {
    core.apply(
        new LogPosition(1, index++),
        new LogEntry(Long.MAX_VALUE - 5, Long.MAX_VALUE, List.of(write(1, 1, 1))));
    apply(new NoOperation());

    assertThat(store.outcome(id(1))).isEqualTo(committed(1));
  }

  private List<Outcome> apply(Command... commands) {
    return applyAt(0, List.of(commands));
  }

  private List<Outcome> applyAt(long timeMillis, List<Command> commands) {
    return core.apply(
        new LogPosition(1, index++), new LogEntry(timeMillis, RETENTION_MILLIS, commands));
  }

  private static LogEntry entry(Command command) {
    return new LogEntry(0, RETENTION_MILLIS, List.of(command));
  }

  private int remembered() {
    return store.outcomes(null, Integer.MAX_VALUE).size();
  }

  private Tid lastTid() {
    StorageState state = store.storage(MAIN);
    return state == null ? Tid.NONE : state.lastTid();
  }

  private static void assertRejected(Outcome outcome, Rejected.Reason reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(reason));
  }

  private static Committed committed(long tid) {
    return new Committed(new Tid(tid));
  }

  private static CommitTransaction write(int sequence, long candidate, long oid) {
    return commit(sequence, candidate, List.of(writeOf(oid)));
  }

  private static Write writeOf(long oid) {
    return new Write(new Oid(oid), Tid.NONE, Bytes.utf8("abc"));
  }

  private static CommitTransaction commit(int sequence, long candidate, List<Write> writes) {
    return new CommitTransaction(
        id(sequence),
        MAIN,
        new Tid(candidate),
        TransactionMetadata.EMPTY,
        List.of(),
        writes,
        List.of(),
        List.of());
  }

  private static RestoreTransactions restore(int sequence, long tid, long oid) {
    return new RestoreTransactions(
        id(sequence),
        MAIN,
        List.of(
            new RestoredTransaction(
                new Tid(tid),
                TransactionRecord.NORMAL,
                TransactionMetadata.EMPTY,
                List.of(new RestoredRevision(new Oid(oid), Bytes.utf8("abc"), null)))));
  }

  private static TransactionId id(int sequence) {
    return new TransactionId(new UUID(0, 1), sequence);
  }

  /** Writes down what it hears, and checks that it is already visible. */
  private final class RecordingListener implements CommitListener {
    @Override
    public void storageCreated(StorageState storage) {
      assertThat(store.storage(storage.id())).isNotNull();
      announced.add("created " + storage.name());
    }

    @Override
    public void committed(StorageId storage, List<TransactionRecord> transactions) {
      for (TransactionRecord transaction : transactions) {
        assertThat(store.transaction(storage, transaction.tid())).isEqualTo(transaction);
        announced.add("main " + transaction.tid() + " " + transaction.oids());
      }
    }
  }
}
