package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Transactions over several storages whose records were staged ahead, in each storage its own. */
final class StagedTogetherTest extends BlobFixture {
  private static final BlobReference IN_MAIN = blob(1, "abcd", "ef");
  private static final BlobReference IN_OTHER = blob(1, "1234");

  private void stageAll() {
    stage(1, 0, "abcd");
    stage(1, 4, "ef");
    apply(chunkOf(OTHER, 1, 0, "1234", TERMS));
  }

  private static Share share(StorageId storage, BlobReference stage, List<ReadCheck> reads) {
    StagedData all = new StagedData(stage.id(), CHUNK_BYTES, 0, (int) stage.length());
    return new Share(
        storage,
        reads,
        List.of(new Write(A, Tid.NONE, null, null, all)),
        List.of(),
        List.of(),
        List.of(stage));
  }

  private static CommitTogether together(Share... shares) {
    return new CommitTogether(id(1), new Tid(10), TransactionMetadata.EMPTY, List.of(shares));
  }

  private static CommitTogether both() {
    return together(share(MAIN, IN_MAIN, List.of()), share(OTHER, IN_OTHER, List.of()));
  }

  private String text(StorageId storage) {
    return Objects.requireNonNull(Objects.requireNonNull(store.at(storage, A, new Tid(10))).data())
        .toUtf8();
  }

  private void assertNothingCommittedOrLeft() {
    for (StorageId each : List.of(MAIN, OTHER)) {
      assertThat(store.at(each, A, new Tid(10))).isNull();
      assertThat(store.blob(new BlobKey(each, blobId(1)))).isNull();
      assertThat(store.blobChunk(new BlobKey(each, blobId(1)), 0)).isNull();
    }
    assertThat(store.stagedBlobs()).isEmpty();
  }

  @Test
  void commit_allStaged_isInBothAtOneTidAndOnceOnly() {
    stageAll();
    assertThat(store.oids(MAIN, A, 9)).isEmpty();

    assertThat(apply(both())).isEqualTo(new Committed(new Tid(10)));
    assertThat(apply(both())).isEqualTo(new Committed(new Tid(10)));

    assertThat(text(MAIN)).isEqualTo("abcdef");
    assertThat(text(OTHER)).isEqualTo("1234");
    assertThat(Objects.requireNonNull(store.storage(MAIN)).dataBytes()).isEqualTo(6);
    assertThat(Objects.requireNonNull(store.storage(OTHER)).dataBytes()).isEqualTo(4);
    for (StorageId each : List.of(MAIN, OTHER)) {
      assertThat(Objects.requireNonNull(store.storage(each)).lastTid()).isEqualTo(new Tid(10));
      assertThat(Objects.requireNonNull(store.blob(new BlobKey(each, blobId(1)))).references())
          .isEqualTo(1);
      assertThat(StateVerification.verify(store, each)).isEmpty();
    }
    assertThat(store.stagedBlobs()).isEmpty();
  }

  @Test
  void commit_inTheEntryOfItsChunks_isCommitted() {
    List<Outcome> outcomes =
        applyAll(
            chunk(1, 0, "abcd", TERMS),
            chunk(1, 4, "ef", TERMS),
            chunkOf(OTHER, 1, 0, "1234", TERMS),
            both());

    assertThat(outcomes.get(3)).isEqualTo(new Committed(new Tid(10)));
    assertThat(text(OTHER)).isEqualTo("1234");
  }

  @Test
  void commit_conflictInOneStorage_changesNoneAndLetsBothStagesGo() {
    apply(transaction(5, 5, List.of(new Write(A, Tid.NONE, Bytes.utf8("old"))), List.of()));
    stageAll();

    assertThat(apply(both()))
        .isEqualTo(
            new Conflict(
                List.of(
                    new ObjectConflict(ObjectConflict.Kind.WRITE, MAIN, A, Tid.NONE, new Tid(5)))));
    assertNothingCommittedOrLeft();
  }

  @Test
  void commit_readChangedInAStorageThatIsOnlyChecked_conflicts() {
    apply(transaction(5, 5, List.of(new Write(A, Tid.NONE, Bytes.utf8("old"))), List.of()));
    stageAll();
    Share checks =
        new Share(
            MAIN, List.of(new ReadCheck(A, Tid.NONE)), List.of(), List.of(), List.of(), List.of());

    assertThat(apply(together(checks, share(OTHER, IN_OTHER, List.of()))))
        .isInstanceOf(Conflict.class);
    assertNothingCommittedOrLeft();
  }

  @Test
  void commit_oneStageExpired_isRefusedInBothWithTheStorageNamed() {
    apply(chunkOf(OTHER, 1, 0, "1234", TERMS));
    timeMillis += KEEP_MILLIS;
    stage(1, 0, "abcd");
    stage(1, 4, "ef");

    assertThat(apply(both()))
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected -> {
              assertThat(rejected.reason()).isEqualTo(Reason.STAGING_LOST);
              assertThat(rejected.message()).startsWith(OTHER + ": stage 0");
            });
    assertNothingCommittedOrLeft();
  }

  @Test
  void commit_otherBytesStagedInOne_isRefused() {
    stage(1, 0, "abcd");
    stage(1, 4, "eX");
    apply(chunkOf(OTHER, 1, 0, "1234", TERMS));

    assertRejected(apply(both()), Reason.STAGING_LOST);
    assertNothingCommittedOrLeft();
  }

  /** The number of a stage says nothing without its storage. */
  @Test
  void commit_stagedInTheOtherStorageOnly_isRefused() {
    stage(1, 0, "abcd");
    stage(1, 4, "ef");

    assertRejected(
        apply(together(share(MAIN, IN_MAIN, List.of()), share(OTHER, IN_MAIN, List.of()))),
        Reason.STAGING_LOST);
    assertNothingCommittedOrLeft();
  }

  @Test
  void abandon_whenBothAreStaged_letsBothGo() {
    stageAll();

    apply(new AbandonTransaction(id(1)));

    assertNothingCommittedOrLeft();
    assertThat(apply(both())).isEqualTo(new Outcome.Abandoned());
  }

  @Test
  void commit_oneStorageDroppedMeanwhile_isRefusedAndNothingIsLeft() {
    stageAll();
    apply(new DropStorage(OTHER, 1));

    assertRejected(apply(both()), Reason.UNKNOWN_STORAGE);
    assertNothingCommittedOrLeft();
  }

  @Test
  void command_thatPointsOutsideOfItsStages_cannotBe() {
    StagedData beyond = new StagedData(blobId(1), CHUNK_BYTES, 3, 2);
    List<Write> writes = List.of(new Write(A, Tid.NONE, null, null, beyond));

    assertThatThrownBy(
            () -> new Share(OTHER, List.of(), writes, List.of(), List.of(), List.of(IN_OTHER)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not within stage");
    assertThatThrownBy(
            () ->
                together(share(MAIN, IN_MAIN, List.of()), share(OTHER, blob(2, "1234"), List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another transaction");
  }
}
