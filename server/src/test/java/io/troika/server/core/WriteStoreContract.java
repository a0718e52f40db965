package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The part of {@link RevisionStoreContract} that is about what is written: in order, whole, or not
 * at all.
 */
abstract class WriteStoreContract extends OutcomeStoreContract {
  @Test
  void write_severalTransactionsOfOneObject_keepsAll() {
    writeRevisions(ONE, data(A, 10, "x"));

    writeRevisions(ONE, data(A, 11, "y"), data(A, 12, "z"));

    assertThat(store.history(ONE, A, Tid.MAX, 10))
        .containsExactly(data(A, 12, "z"), data(A, 11, "y"), data(A, 10, "x"));
  }

  @Test
  void write_revisionNotNewer_isRefusedWhole() {
    writeRevisions(ONE, data(A, 10, "x"));

    assertRefused(List.of(), List.of(data(B, 11, "fine"), data(A, 10, "again")), List.of());
    assertRefused(List.of(), List.of(data(A, 9, "older")), List.of());
    assertRefused(List.of(), List.of(data(B, 9, "x"), data(B, 9, "twice")), List.of());

    assertThat(store.newestBefore(ONE, B, Tid.MAX)).isNull();
    assertThat(store.history(ONE, A, Tid.MAX, 10)).containsExactly(data(A, 10, "x"));
  }

  @Test
  void write_transactionNotNewer_isRefusedWhole() {
    writeTransactions(ONE, transaction(10));

    assertRefused(List.of(), List.of(data(B, 11, "fine")), List.of(transaction(10)));
    assertRefused(List.of(), List.of(), List.of(transaction(12), transaction(11)));

    assertThat(store.newestBefore(ONE, B, Tid.MAX)).isNull();
    assertThat(store.transactions(ONE, Tid.NONE, Tid.MAX, 9)).containsExactly(transaction(10));
  }

  @Test
  void write_storageGoingBack_isRefusedWhole() {
    write(List.of(storage(ONE, "main", tid(10))), List.of(), List.of());

    assertRefused(List.of(storage(ONE, "main", tid(9))), List.of(data(B, 11, "fine")), List.of());

    assertThat(store.storage(ONE)).isEqualTo(storage(ONE, "main", tid(10)));
    assertThat(store.newestBefore(ONE, B, Tid.MAX)).isNull();
  }

  @Test
  void write_appliedIndexNotGreater_isRefused() {
    nextIndex = 5;
    writeRevisions(ONE, data(A, 10, "x"));
    nextIndex = 5;

    assertThatThrownBy(() -> writeRevisions(ONE, data(A, 11, "y")))
        .isInstanceOf(InvariantViolation.class);

    assertThat(store.group().applied().index()).isEqualTo(5);
  }

  @Test
  void reads_whileWritesGoOn_seeWholeChangeSets() throws Exception {
    int writes = 2_000;
    ExecutorService readers = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> reading = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        reading.add(readers.submit(() -> readUntil(writes)));
      }
      for (int tid = 1; tid <= writes; tid++) {
        write(
            List.of(storage(ONE, "main", tid(tid))),
            List.of(
                new NewRevision(ONE, data(A, tid, "a")), new NewRevision(ONE, data(B, tid, "b"))),
            List.of(new NewTransaction(ONE, transaction(tid))));
      }
      for (Future<?> each : reading) {
        each.get(240, TimeUnit.SECONDS);
      }
    } finally {
      readers.shutdownNow();
    }
  }

  /** What is asked later may be newer, never older; what a storage's state names is there. */
  private void readUntil(int lastTid) {
    Tid seen = Tid.NONE;
    while (seen.value() < lastTid) {
      StorageState state = store.storage(ONE);
      if (state != null) {
        assertThat(store.transaction(ONE, state.lastTid())).isNotNull();
        assertThat(newestTid(B)).isGreaterThanOrEqualTo(state.lastTid());
        assertThat(store.group().applied().index() + 1)
            .isGreaterThanOrEqualTo(state.lastTid().value());
      }
      seen = newestTid(A);
      Tid inB = newestTid(B);
      Tid inA = newestTid(A);
      assertThat(inB).isGreaterThanOrEqualTo(seen);
      assertThat(inA).isGreaterThanOrEqualTo(inB);
    }
  }

  private Tid newestTid(Oid oid) {
    StoredRevision newest = store.newestBefore(ONE, oid, Tid.MAX);
    return newest == null ? Tid.NONE : newest.tid();
  }

  private void assertRefused(
      List<StorageState> storages,
      List<StoredRevision> revisions,
      List<TransactionRecord> transactions) {
    GroupState before = store.group();
    assertThatThrownBy(
            () ->
                write(
                    storages,
                    revisions.stream().map(each -> new NewRevision(ONE, each)).toList(),
                    transactions.stream().map(each -> new NewTransaction(ONE, each)).toList()))
        .isInstanceOf(InvariantViolation.class);
    assertThat(store.group()).isEqualTo(before);
  }
}
