package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Blobs that are committed or copied: undo, pack, verification. */
final class BlobRevisionsTest extends BlobFixture {
  @Test
  void undo_ofABlobRevision_hasTheOlderBlob() {
    stage(1, 0, "old");
    commit(1, 10, blob(1, "old"));
    stage(2, 0, "new");
    commit(2, 20, blob(2, "new"));

    assertThat(undo(3, 30, 20)).isEqualTo(new Committed(new Tid(30)));
    assertThat(textAt(30)).isEqualTo("old");
    assertThat(textAt(20)).isEqualTo("new");
  }

  @Test
  void undo_whileAnotherBlobIsCurrentUnderEqualData_isAConflict() {
    stage(1, 0, "one");
    commit(1, 10, blob(1, "one"));
    stage(2, 0, "two");
    commit(2, 20, blob(2, "two"));
    stage(3, 0, "xyz");
    commit(3, 30, blob(3, "xyz"));

    assertThat(undo(4, 40, 20)).isInstanceOf(UndoConflict.class);
  }

  @Test
  void pack_dropsTheBlobsOfTheRevisionsItTakes() {
    stage(1, 0, "old");
    commit(1, 10, blob(1, "old"));
    stage(2, 0, "new");
    commit(2, 20, blob(2, "new"));

    pack(20);

    assertThat(store.blob(key(1))).isNull();
    assertThat(store.blobChunk(key(1), 0)).isNull();
    assertThat(textAt(20)).isEqualTo("new");
    assertThat(store.blobs(null, 10)).extracting(BlobState::references).containsExactly(1L);
  }

  @Test
  void pack_keepsTheBlobThatAnUndoWentBackTo_untilThatGoesToo() {
    stage(1, 0, "old");
    commit(1, 10, blob(1, "old"));
    stage(2, 0, "new");
    commit(2, 20, blob(2, "new"));
    undo(3, 30, 20);

    pack(30);

    assertThat(textAt(30)).isEqualTo("old");
    assertThat(store.blob(key(2))).isNull();
    assertThat(store.blob(key(1))).extracting(BlobState::references).isEqualTo(1L);

    stage(4, 0, "last");
    commit(4, 40, blob(4, "last"));
    pack(40);
    assertThat(store.blob(key(1))).isNull();
    assertThat(store.blobChunk(key(1), 0)).isNull();
  }

  @Test
  void restore_withBlobs_bringsThemWithTheirTids() {
    stage(7, 0, "one");
    apply(partOf(7, 1, "two"));
    BlobReference two =
        BlobReference.empty(new BlobId(id(7), 1), CHUNK_BYTES).with(Bytes.utf8("two"));

    assertThat(restore(7, restored(10, blob(7, "one")), restored(20, two), restored(30, null)))
        .isEqualTo(new Committed(new Tid(30)));

    assertThat(textAt(10)).isEqualTo("one");
    assertThat(textAt(20)).isEqualTo("two");
    assertThat(reads.at(MAIN, A, new Tid(30))).isNull();
    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(store.blobs(null, 10)).extracting(BlobState::references).containsExactly(1L, 1L);
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();
  }

  @Test
  void restore_ofWhatSharesData_hasItsBlobToo() {
    stage(7, 0, "one");
    restore(7, restored(10, blob(7, "one")));
    RestoredTransaction shared =
        new RestoredTransaction(
            new Tid(20),
            ' ',
            TransactionMetadata.EMPTY,
            List.of(new RestoredRevision(A, null, new Tid(10))));

    assertThat(restore(8, shared)).isEqualTo(new Committed(new Tid(20)));
    assertThat(textAt(20)).isEqualTo("one");
  }

  @Test
  void restore_blobNotStagedOrOfAnotherId_isRejectedAsAWhole() {
    stage(7, 0, "one");
    stage(8, 0, "one");

    assertRejected(
        restore(7, restored(10, blob(7, "one")), restored(20, blob(7, "onX"))),
        Reason.STAGING_LOST);
    assertRejected(restore(9, restored(10, blob(8, "one"))), Reason.INVALID_TRANSACTION);
    assertThat(store.oids(MAIN, A, 1)).isEmpty();
    assertThat(store.stagedBlobs()).extracting(BlobState::content).containsExactly(blob(8, "one"));
  }

  @Test
  void verification_bytesOfABlobDamaged_isAFinding() {
    stage(1, 0, "abcd");
    stage(1, 4, "ef");
    commit(1, 10, blob(1, "abcd", "ef"));
    assertThat(StateVerification.verify(store, MAIN)).isEmpty();

    assertThat(StateVerification.verify(withChunk(null), MAIN))
        .singleElement(STRING)
        .contains("bytes of its blob are wrong");
    assertThat(StateVerification.verify(withChunk(Bytes.utf8("eX")), MAIN)).hasSize(1);
  }

  /** The store with another second chunk. */
  private RevisionStore withChunk(@Nullable Bytes second) {
    return new ForwardingStore(store) {
      @Override
      public @Nullable Bytes blobChunk(BlobKey key, int chunk) {
        return chunk == 1 ? second : super.blobChunk(key, chunk);
      }
    };
  }

  private Outcome restore(int transaction, RestoredTransaction... transactions) {
    return apply(new RestoreTransactions(id(transaction), MAIN, List.of(transactions)));
  }

  private static RestoredTransaction restored(long tid, @Nullable BlobReference blob) {
    return new RestoredTransaction(
        new Tid(tid),
        ' ',
        TransactionMetadata.EMPTY,
        List.of(new RestoredRevision(A, Bytes.utf8("record"), null, blob)));
  }

  private void pack(long horizon) {
    apply(new StartPack(MAIN, new Tid(horizon), false));
    int steps = 0;
    for (PackState pack = store.pack(MAIN);
        pack != null && pack.isRunning() && steps < 50;
        pack = store.pack(MAIN)) {
      apply(new PackStep(MAIN, new Tid(horizon), 1, 1));
      steps++;
    }
    assertThat(store.pack(MAIN)).extracting(PackState::isRunning).isEqualTo(false);
  }

  private Outcome undo(int transaction, long candidate, long undone) {
    return apply(transaction(transaction, candidate, List.of(), List.of(new Tid(undone))));
  }
}
