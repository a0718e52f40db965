package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Transactions whose records were staged ahead, from their first chunk to the end of their data.
 */
final class StagedTransactionTest extends BlobFixture {
  private static final Oid B = new Oid(0xb);
  private static final BlobReference STAGE = blob(1, "abcd", "efgh");

  @Test
  void stagedRecords_untilTheCommit_areSeenByNobody() {
    stageAll();

    assertThat(store.oids(MAIN, Oid.ROOT, 9)).isEmpty();
    assertThat(Objects.requireNonNull(store.storage(MAIN)).lastTid()).isEqualTo(Tid.NONE);

    assertThat(apply(staged(1, 10, List.of()))).isEqualTo(new Committed(new Tid(10)));

    assertThat(text(A, 10)).isEqualTo("abcdef");
    assertThat(text(B, 10)).isEqualTo("gh");
    TransactionRecord record = Objects.requireNonNull(store.transaction(MAIN, new Tid(10)));
    assertThat(record.oids()).containsExactly(A, B);
    assertThat(record.sizeBytes()).isEqualTo(8);
    assertThat(Objects.requireNonNull(store.storage(MAIN)).dataBytes()).isEqualTo(8);
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();
  }

  @Test
  void commit_sentAgain_hasTheSameOutcomeAndDoublesNothing() {
    stageAll();
    CommitTransaction commit = staged(1, 10, List.of());
    apply(commit);

    assertThat(apply(commit)).isEqualTo(new Committed(new Tid(10)));
    assertThat(stage(1, 0, "abcd")).isEqualTo(new Committed(new Tid(10)));
    assertThat(Objects.requireNonNull(store.blob(key(1))).references()).isEqualTo(2);
  }

  @Test
  void commit_whenTheStageExpired_isRefusedAndNothingIsLeft() {
    stageAll();
    timeMillis += KEEP_MILLIS;

    assertRejected(apply(staged(1, 10, List.of())), Reason.STAGING_LOST);
    assertThat(store.blob(key(1))).isNull();
    assertThat(store.blobChunk(key(1), 0)).isNull();
  }

  @Test
  void commit_whenLessOrOtherBytesAreStaged_isRefused() {
    stage(1, 0, "abcd");
    stage(2, 0, "abcd");
    stage(2, 4, "efgX");

    assertRejected(apply(staged(1, 10, List.of())), Reason.STAGING_LOST);
    assertRejected(apply(staged(2, 10, List.of())), Reason.STAGING_LOST);
  }

  @Test
  void stage_ofAnAbandonedTransaction_goesAtOnce() {
    stageAll();

    apply(new AbandonTransaction(id(1)));

    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(store.blobChunk(key(1), 1)).isNull();
  }

  @Test
  void commit_inConflict_namesItAndLetsTheStageGo() {
    apply(transaction(5, 5, List.of(new Write(A, Tid.NONE, Bytes.utf8("first"))), List.of()));
    stageAll();

    Outcome outcome = apply(staged(1, 10, List.of()));

    assertThat(outcome).isInstanceOf(Conflict.class);
    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(text(A, 5)).isEqualTo("first");
  }

  @Test
  void undo_ofAStagedTransactionAndOfThat_goesBackAndForth() {
    apply(transaction(5, 5, List.of(new Write(B, Tid.NONE, Bytes.utf8("old"))), List.of()));
    stageAll();
    apply(staged(1, 10, List.of(), new Tid(5)));

    apply(transaction(6, 20, List.of(), List.of(new Tid(10))));
    assertThat(text(B, 20)).isEqualTo("old");
    assertThat(at(A, 20).isAbsent()).isTrue();

    apply(transaction(7, 30, List.of(), List.of(new Tid(20))));
    assertThat(at(A, 30).dataTid()).isEqualTo(new Tid(10));
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();
  }

  @Test
  void undo_whereTheStagedDataIsThatOfALaterRevision_isAllowed() {
    apply(transaction(5, 5, List.of(new Write(B, Tid.NONE, Bytes.utf8("old"))), List.of()));
    stageAll();
    apply(staged(1, 10, List.of(), new Tid(5)));
    apply(transaction(6, 20, List.of(new Write(B, new Tid(10), Bytes.utf8("gh"))), List.of()));

    assertThat(apply(transaction(7, 30, List.of(), List.of(new Tid(10)))))
        .isEqualTo(new Committed(new Tid(30)));
    assertThat(at(B, 30).dataTid()).isEqualTo(new Tid(5));
  }

  @Test
  void commitAndUndo_inOneEntryWithTheirChunks_knowEachOther() {
    List<Outcome> outcomes =
        applyAll(
            chunk(1, 0, "abcd", TERMS),
            chunk(1, 4, "efgh", TERMS),
            staged(1, 10, List.of()),
            transaction(6, 20, List.of(new Write(B, new Tid(10), Bytes.utf8("gh"))), List.of()),
            transaction(7, 30, List.of(), List.of(new Tid(10))));

    assertThat(outcomes.subList(2, 5))
        .containsExactly(
            new Committed(new Tid(10)), new Committed(new Tid(20)), new Committed(new Tid(30)));
    assertThat(at(A, 30).isAbsent()).isTrue();
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();
  }

  @Test
  void pack_ofAStagedTransaction_movesWhatStaysOutOfTheStageWhichGoes() {
    stageAll();
    apply(staged(1, 10, List.of()));
    apply(transaction(6, 20, List.of(new Write(A, new Tid(10), Bytes.utf8("new"))), List.of()));

    pack(20);

    assertThat(store.at(MAIN, A, new Tid(10))).isNull();
    assertThat(text(B, 10)).isEqualTo("gh");
    assertThat(at(B, 10).staged()).isNull();
    assertThat(store.blob(key(1))).isNull();
    assertThat(store.blobChunk(key(1), 1)).isNull();
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();
  }

  @Test
  void pack_withAHorizonBeforeTheStagedTransaction_leavesItAlone() {
    apply(transaction(5, 5, List.of(new Write(B, Tid.NONE, Bytes.utf8("old"))), List.of()));
    stageAll();
    apply(staged(1, 10, List.of(), new Tid(5)));

    pack(5);

    assertThat(at(B, 10).staged()).isNotNull();
    assertThat(Objects.requireNonNull(store.blob(key(1))).references()).isEqualTo(2);
  }

  @Test
  void command_thatPointsOutsideOfItsStages_cannotBe() {
    StagedData beyond = new StagedData(blobId(1), CHUNK_BYTES, 6, 3);
    StagedData elsewhere = new StagedData(blobId(2), CHUNK_BYTES, 0, 1);

    assertThatThrownBy(() -> commit(1, 10, List.of(write(A, Tid.NONE, beyond)), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not within stage");
    assertThatThrownBy(() -> commit(1, 10, List.of(write(A, Tid.NONE, elsewhere)), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> commit(3, 10, List.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another transaction");
  }

  private void stageAll() {
    stage(1, 0, "abcd");
    stage(1, 4, "efgh");
  }

  /** A gets "abcdef", B "gh". */
  private static CommitTransaction staged(int transaction, long candidate, List<Tid> undos) {
    return staged(transaction, candidate, undos, Tid.NONE);
  }

  private static CommitTransaction staged(
      int transaction, long candidate, List<Tid> undos, Tid serialOfB) {
    BlobReference stage = blob(transaction, "abcd", "efgh");
    return new CommitTransaction(
        id(transaction),
        MAIN,
        new Tid(candidate),
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(
            write(A, Tid.NONE, new StagedData(stage.id(), CHUNK_BYTES, 0, 6)),
            write(B, serialOfB, new StagedData(stage.id(), CHUNK_BYTES, 6, 2))),
        List.of(),
        undos,
        List.of(stage));
  }

  private static CommitTransaction commit(
      int transaction, long candidate, List<Write> writes, List<Tid> undos) {
    return new CommitTransaction(
        id(transaction),
        MAIN,
        new Tid(candidate),
        TransactionMetadata.EMPTY,
        List.of(),
        writes,
        List.of(),
        undos,
        List.of(STAGE));
  }

  private static Write write(Oid oid, Tid serial, StagedData data) {
    return new Write(oid, serial, null, null, data);
  }

  private StoredRevision at(Oid oid, long tid) {
    return Objects.requireNonNull(store.at(MAIN, oid, new Tid(tid)));
  }

  private String text(Oid oid, long tid) {
    StoredRevision revision = at(oid, tid);
    Bytes data = revision.data();
    return Objects.requireNonNull(data == null ? at(oid, revision.dataTid().value()).data() : data)
        .toUtf8();
  }

  private void pack(long horizon) {
    apply(new StartPack(MAIN, new Tid(horizon), false));
    long at = 1_000_000;
    while (Objects.requireNonNull(store.pack(MAIN)).isRunning()) {
      core.apply(
          new LogPosition(1, at++),
          new LogEntry(timeMillis, 1_000, List.of(new PackStep(MAIN, new Tid(horizon), 2, 4))));
    }
  }
}
