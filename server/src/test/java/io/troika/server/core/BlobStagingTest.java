package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.Staged;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blobs from their first chunk to the commit that shows them, or to their end without one. */
final class BlobStagingTest extends BlobFixture {
  @Test
  void chunksInOrder_thenCommit_showTheBlobAtItsTidOnly() {
    assertThat(stage(1, 0, "abcd")).isEqualTo(new Staged(blob(1, "abcd")));
    assertThat(stage(1, 4, "efgh")).isEqualTo(new Staged(blob(1, "abcd", "efgh")));
    assertThat(stage(1, 8, "i")).isEqualTo(new Staged(blob(1, "abcd", "efgh", "i")));
    assertThat(store.stagedBlobs()).hasSize(1);

    assertThat(commit(1, 10, blob(1, "abcd", "efgh", "i"))).isEqualTo(new Committed(new Tid(10)));

    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(reads.at(MAIN, A, new Tid(10))).isEqualTo(blob(1, "abcd", "efgh", "i"));
    assertThat(reads.at(MAIN, A, new Tid(9))).isNull();
    assertThat(textAt(10)).isEqualTo("abcdefghi");
  }

  @Test
  void read_ofARange_endsWithTheChunk() {
    stage(1, 0, "abcd");
    stage(1, 4, "ef");
    commit(1, 10, blob(1, "abcd", "ef"));
    BlobReference blob = blob(1, "abcd", "ef");

    assertThat(reads.read(MAIN, blob, 1, 2)).isEqualTo(Bytes.utf8("bc"));
    assertThat(reads.read(MAIN, blob, 1, 100)).isEqualTo(Bytes.utf8("bcd"));
    assertThat(reads.read(MAIN, blob, 4, 100)).isEqualTo(Bytes.utf8("ef"));
    assertThat(reads.read(MAIN, blob, 6, 100)).isEqualTo(Bytes.EMPTY);
  }

  @Test
  void chunk_sentAgain_changesNothing() {
    stage(1, 0, "abcd");
    stage(1, 4, "ef");

    assertThat(stage(1, 0, "abcd")).isEqualTo(new Staged(blob(1, "abcd", "ef")));
    assertThat(stage(1, 4, "ef")).isEqualTo(new Staged(blob(1, "abcd", "ef")));
  }

  @Test
  void chunk_ofOneEntry_isKnownToTheNextCommandsOfIt() {
    List<Outcome> outcomes =
        applyAll(
            chunk(1, 0, "abcd", TERMS),
            chunk(1, 0, "abcd", TERMS),
            chunk(1, 0, "abcx", TERMS),
            chunk(1, 4, "e", TERMS),
            write(1, 10, blob(1, "abcd", "e")));

    assertThat(outcomes.get(1)).isEqualTo(new Staged(blob(1, "abcd")));
    assertRejected(outcomes.get(2), Reason.INVALID_TRANSACTION);
    assertThat(outcomes.get(4)).isEqualTo(new Committed(new Tid(10)));
    assertThat(textAt(10)).isEqualTo("abcde");
  }

  @Test
  void chunk_withOtherBytesThanBefore_isRejected() {
    stage(1, 0, "abcd");

    assertRejected(stage(1, 0, "abcX"), Reason.INVALID_TRANSACTION);
    assertRejected(stage(1, 0, "abc"), Reason.INVALID_TRANSACTION);
    assertThat(store.stagedBlobs()).extracting(BlobState::content).containsExactly(blob(1, "abcd"));
  }

  @Test
  void chunk_afterAGapOrAfterTheEnd_isNotTaken() {
    assertThat(stage(1, 4, "efgh")).isEqualTo(new Staged(blob(1)));
    assertThat(store.stagedBlobs()).isEmpty();
    stage(1, 0, "abcd");
    assertThat(stage(1, 8, "ijkl")).isEqualTo(new Staged(blob(1, "abcd")));
    stage(1, 4, "e");
    assertThat(stage(1, 8, "ijkl")).isEqualTo(new Staged(blob(1, "abcd", "e")));
  }

  @Test
  void emptyBlob_isStagedByAnEmptyChunk() {
    assertThat(stage(1, 0, "")).isEqualTo(new Staged(blob(1)));
    assertThat(stage(1, 0, "")).isEqualTo(new Staged(blob(1)));

    assertThat(commit(1, 10, blob(1))).isEqualTo(new Committed(new Tid(10)));
    assertThat(textAt(10)).isEmpty();
  }

  @Test
  void chunk_overALimit_isRejectedAndFitsOnceOthersExpired() {
    StageChunk.Terms six = new StageChunk.Terms(KEEP_MILLIS, 6, 1_000);
    StageChunk.Terms sixInAll = new StageChunk.Terms(KEEP_MILLIS, 1_000, 6);
    stage(1, 0, "abcd");

    assertRejected(apply(chunk(2, 0, "abc", six)), Reason.STAGING_FULL);
    assertRejected(apply(chunkOf(OTHER, 2, 0, "abc", sixInAll)), Reason.STAGING_FULL);
    assertThat(apply(chunkOf(OTHER, 2, 0, "abc", six))).isInstanceOf(Staged.class);

    timeMillis = KEEP_MILLIS;
    apply(new NoOperation());
    assertThat(apply(chunk(3, 0, "abc", six))).isInstanceOf(Staged.class);
  }

  @Test
  void staged_whoseTimeIsUp_goesInBoundedStepsWithItsChunks() {
    int count = StorageCore.STAGED_EXPIRED_MAX + 3;
    for (int i = 0; i < count; i++) {
      stage(i, 0, "abcd");
    }
    timeMillis = KEEP_MILLIS - 1;
    apply(new NoOperation());
    assertThat(store.stagedBlobs()).hasSize(count);

    timeMillis = KEEP_MILLIS;
    apply(new NoOperation());
    assertThat(store.stagedBlobs()).hasSize(3);
    assertThat(store.blobChunk(key(0), 0)).isNull();
    apply(new NoOperation());
    assertThat(store.stagedBlobs()).isEmpty();
  }

  /** An upload may take longer than what it left behind is kept. */
  @Test
  void expiry_countsFromTheLastChunk() {
    stage(1, 0, "abcd");
    timeMillis = KEEP_MILLIS - 1;
    stage(1, 4, "ef");
    timeMillis = 2 * KEEP_MILLIS - 2;
    apply(new NoOperation());

    assertThat(commit(1, 10, blob(1, "abcd", "ef"))).isEqualTo(new Committed(new Tid(10)));
    assertThat(textAt(10)).isEqualTo("abcdef");
  }

  @Test
  void commit_ofWhatExpired_isRejectedAlthoughTheRowIsStillThere() {
    for (int i = 0; i < 2 * StorageCore.STAGED_EXPIRED_MAX; i++) {
      stage(i, 0, "abcd");
    }
    timeMillis = KEEP_MILLIS;
    int last = 2 * StorageCore.STAGED_EXPIRED_MAX - 1;

    assertRejected(commit(last, 10, blob(last, "abcd")), Reason.STAGING_LOST);
    assertRejected(stage(last - 1, 4, "efgh"), Reason.STAGING_LOST);
  }

  @Test
  void commit_namesWhatIsNotStaged_isRejectedAndWritesNothing() {
    stage(1, 0, "abcd");
    stage(2, 0, "abcd");
    stage(3, 0, "abcd");

    assertRejected(commit(1, 10, blob(1, "abcX")), Reason.STAGING_LOST);
    assertRejected(commit(2, 11, blob(2, "abcd", "e")), Reason.STAGING_LOST);
    assertRejected(commit(4, 12, blob(4, "abcd")), Reason.STAGING_LOST);
    assertRejected(apply(write(5, 13, blob(3, "abcd"))), Reason.INVALID_TRANSACTION);
    assertThat(store.oids(MAIN, Oid.ROOT, 10)).isEmpty();
    assertThat(store.stagedBlobs()).extracting(BlobState::content).containsExactly(blob(3, "abcd"));
  }

  @Test
  void chunk_ofATransactionThatHasAnOutcome_isAnsweredByThat() {
    stage(1, 0, "abcd");
    commit(1, 10, blob(1, "abcd"));
    apply(new AbandonTransaction(id(2)));

    assertThat(stage(1, 0, "abcd")).isEqualTo(new Committed(new Tid(10)));
    assertThat(stage(2, 0, "abcd")).isEqualTo(new Abandoned());
  }

  @Test
  void staged_goesWithTheOutcomeOfItsTransaction() {
    stage(1, 0, "abcd");
    apply(partOf(1, 1, "not"));
    stage(2, 0, "abcd");
    apply(chunkOf(OTHER, 2, 0, "oth", TERMS));
    stage(3, 0, "kept");

    commit(1, 10, blob(1, "abcd"));
    apply(new AbandonTransaction(id(2)));

    assertThat(textAt(10)).isEqualTo("abcd");
    assertThat(store.stagedBlobs()).extracting(BlobState::content).containsExactly(blob(3, "kept"));
    assertThat(store.blobChunk(new BlobKey(MAIN, new BlobId(id(1), 1)), 0)).isNull();
    assertThat(store.blobChunk(key(2), 0)).isNull();
    assertThat(stage(2, 0, "abcd")).isEqualTo(new Abandoned());
  }

  @Test
  void staged_andAbandonedInOneEntry_leavesNothing() {
    applyAll(chunk(1, 0, "abcd", TERMS), new AbandonTransaction(id(1)));

    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(store.blobChunk(key(1), 0)).isNull();
  }
}
