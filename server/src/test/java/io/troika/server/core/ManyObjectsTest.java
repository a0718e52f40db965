package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions of so many objects that their newest revisions are asked for at once. */
final class ManyObjectsTest {
  private static final StorageId MAIN = new StorageId(1);
  private static final int MANY = 100;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core = new StorageCore(store, CommitListener.NONE);
  private long index;
  private long sequence;

  @BeforeEach
  void createStorage() {
    apply(new CreateStorage("main", new UUID(1, 2)));
  }

  @Test
  void commit_objectsOfAnEarlierCommandOfTheEntry_areSeen() {
    List<Outcome> outcomes =
        apply(
            commit(10, List.of(), writes(0, 100), List.of()),
            commit(20, List.of(read(7, 10)), writes(99, 100), List.of(delete(5, 10))));

    assertThat(outcomes)
        .containsExactly(
            new Committed(new Tid(10)),
            new Conflict(
                List.of(new ObjectConflict(Kind.WRITE, new Oid(99), Tid.NONE, new Tid(10)))));
  }

  @Test
  void commit_staleReadsWritesAndDeletes_areAllToldOf() {
    apply(commit(10, List.of(), writes(0, 3), List.of()));
    apply(commit(20, List.of(), List.of(write(1, 10)), List.of(delete(2, 10))));

    assertThat(
            apply(
                commit(
                    30,
                    List.of(read(0, 9), read(2, 20), read(500, 0)),
                    writes(1, MANY),
                    List.of(delete(0, 9)))))
        .containsExactly(
            new Conflict(
                List.of(
                    new ObjectConflict(Kind.READ, new Oid(0), new Tid(9), new Tid(10)),
                    new ObjectConflict(Kind.DELETE, new Oid(0), new Tid(9), new Tid(10)),
                    new ObjectConflict(Kind.WRITE, new Oid(1), Tid.NONE, new Tid(20)),
                    new ObjectConflict(Kind.WRITE, new Oid(2), Tid.NONE, new Tid(20)))));
  }

  @Test
  void commit_objectsThatAnEarlierCommandOfTheEntryRemoved_areNew() {
    Tid horizon = new Tid(10);
    apply(commit(10, List.of(), writes(0, 2), List.of()));
    apply(new StartPack(MAIN, horizon, true));
    while (Objects.requireNonNull(store.pack(MAIN)).phase() != PackState.Phase.GARBAGE) {
      apply(new PackStep(MAIN, horizon, 10, 10));
    }

    List<Outcome> outcomes =
        apply(
            new RemoveGarbage(MAIN, horizon, horizon, List.of(new Garbage(new Oid(1), horizon))),
            commit(20, List.of(), writes(1, MANY), List.of()));

    assertThat(outcomes.get(1)).isEqualTo(new Committed(new Tid(20)));
    assertThat(Objects.requireNonNull(store.storage(MAIN)).objectCount()).isEqualTo(MANY + 1L);
  }

  private List<Outcome> apply(Command... commands) {
    return core.apply(new LogPosition(1, index++), new LogEntry(0, 1_000, List.of(commands)));
  }

  private CommitTransaction commit(
      long tid, List<ReadCheck> reads, List<Write> writes, List<Delete> deletes) {
    return new CommitTransaction(
        new TransactionId(new UUID(0, 1), ++sequence),
        MAIN,
        new Tid(tid),
        TransactionMetadata.EMPTY,
        reads,
        writes,
        deletes,
        List.of());
  }

  /** As new objects, the last first. */
  private static List<Write> writes(int from, int count) {
    List<Write> writes = new ArrayList<>();
    for (int i = from + count - 1; i >= from; i--) {
      writes.add(write(i, 0));
    }
    return writes;
  }

  private static Write write(long oid, long serial) {
    return new Write(new Oid(oid), new Tid(serial), Bytes.utf8("x"));
  }

  private static ReadCheck read(long oid, long serial) {
    return new ReadCheck(new Oid(oid), new Tid(serial));
  }

  private static Delete delete(long oid, long serial) {
    return new Delete(new Oid(oid), new Tid(serial));
  }
}
