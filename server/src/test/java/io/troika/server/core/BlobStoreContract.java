package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.troika.server.core.BlobChanges.NewChunk;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The part of {@link RevisionStoreContract} that is about blobs. */
abstract class BlobStoreContract extends StoreContractFixture {
  @Test
  void blob_stagedThenReferenced_keepsItsChunksAndChangesItsList() {
    BlobState first = staged(1, "abcd");
    BlobState longer = BlobState.staged(ONE, first.content().with(bytes("ef")), 8);
    writeBlobs(
        new BlobChanges(
            List.of(new NewChunk(key(1), 0, bytes("abcd")), new NewChunk(key(2), 0, bytes("ghij"))),
            List.of(first, staged(2, "ghij")),
            List.of()));
    writeBlobs(
        new BlobChanges(List.of(new NewChunk(key(1), 1, bytes("ef"))), List.of(longer), List.of()));

    assertThat(store.stagedBlobs()).containsExactly(longer, staged(2, "ghij"));
    assertThat(store.blob(key(1))).isEqualTo(longer);
    assertThat(store.blobs(null, 10)).isEmpty();

    BlobState used = longer.withReferences(2);
    writeBlobs(new BlobChanges(List.of(), List.of(used), List.of()));

    assertThat(store.stagedBlobs()).containsExactly(staged(2, "ghij"));
    assertThat(store.blob(key(1))).isEqualTo(used);
    assertThat(store.blobs(null, 10)).containsExactly(used);
    assertThat(store.blobs(key(1), 10)).isEmpty();
    assertThat(store.blobChunk(key(1), 0)).isEqualTo(bytes("abcd"));
    assertThat(store.blobChunk(key(1), 1)).isEqualTo(bytes("ef"));
    assertThat(store.blobChunk(key(1), 2)).isNull();
    assertThat(store.blobChunk(new BlobKey(TWO, new BlobId(id(1), 0)), 0)).isNull();
  }

  @Test
  void blobs_ofSeveral_areListedAfterAKey() {
    BlobState one = staged(1, "a").withReferences(1);
    BlobState two = staged(2, "b").withReferences(1);
    BlobState three = staged(3, "c").withReferences(1);
    writeBlobs(new BlobChanges(List.of(), List.of(one, two, three), List.of()));

    assertThat(store.blobs(null, 2)).containsExactly(one, two);
    assertThat(store.blobs(key(1), 10)).containsExactly(two, three);
    assertThat(store.blobs(key(3), 10)).isEmpty();
  }

  @Test
  void blob_removed_goesWithAllItsChunksAndNoOthers() {
    writeBlobs(
        new BlobChanges(
            List.of(
                new NewChunk(key(1), 0, bytes("a")),
                new NewChunk(key(2), 0, bytes("b")),
                new NewChunk(key(2), Integer.MAX_VALUE, bytes("c")),
                new NewChunk(key(3), 0, bytes("d"))),
            List.of(staged(1, "a"), staged(2, "b").withReferences(1), staged(3, "d")),
            List.of()));

    writeBlobs(new BlobChanges(List.of(), List.of(), List.of(key(2), key(3))));

    assertThat(store.blob(key(2))).isNull();
    assertThat(store.blobChunk(key(2), 0)).isNull();
    assertThat(store.blobChunk(key(2), Integer.MAX_VALUE)).isNull();
    assertThat(store.blobChunk(key(3), 0)).isNull();
    assertThat(store.blobChunk(key(1), 0)).isEqualTo(bytes("a"));
    assertThat(store.stagedBlobs()).containsExactly(staged(1, "a"));
    assertThat(store.blobs(null, 10)).isEmpty();
  }

  @Test
  void revision_withABlob_isReadBackWithIt() {
    StoredRevision with = StoredRevision.data(A, tid(10), bytes("x"), staged(1, "ab").content());
    writeRevisions(ONE, with, data(A, 20, "y"));

    assertThat(store.at(ONE, A, tid(10))).isEqualTo(with);
    assertThat(store.heads(ONE, A, tid(20), 10, 100))
        .extracting(RevisionHead::blob)
        .containsExactly(new BlobId(id(1), 0));
  }

  @Test
  void revision_withStagedData_isReadFromItsStage() {
    BlobReference stage = BlobReference.empty(key(1).id(), 4).with(bytes("abcd")).with(bytes("ef"));
    BlobState state = BlobState.staged(ONE, stage, 7).withReferences(2);
    writeBlobs(
        new BlobChanges(
            List.of(new NewChunk(key(1), 0, bytes("abcd")), new NewChunk(key(1), 1, bytes("ef"))),
            List.of(state),
            List.of()));
    StagedData across = new StagedData(stage.id(), 4, 3, 2);
    StoredRevision unread = StoredRevision.written(A, tid(10), null, null, across);
    StoredRevision another =
        StoredRevision.written(
            B, tid(10), null, staged(2, "gh").content(), new StagedData(stage.id(), 4, 1, 2));
    writeRevisions(ONE, unread, another, data(A, 20, "y"));

    assertThat(store.at(ONE, A, tid(10))).isEqualTo(unread.withData(bytes("de")));
    assertThat(store.newestBefore(ONE, A, tid(20))).isEqualTo(unread.withData(bytes("de")));
    assertThat(store.newestBefore(ONE, B, Tid.MAX)).isEqualTo(another.withData(bytes("bc")));
    assertThat(store.history(ONE, A, Tid.MAX, 9))
        .containsExactly(data(A, 20, "y"), unread.withData(bytes("de")));
    assertThat(store.unreadAt(ONE, A, tid(10))).isEqualTo(unread);
    assertThat(store.unreadBefore(ONE, B, Tid.MAX)).isEqualTo(another);
    assertThat(store.heads(ONE, A, tid(20), 1, 100))
        .containsExactly(RevisionHead.of(unread))
        .extracting(RevisionHead::dataBytes, RevisionHead::stage)
        .containsExactly(tuple(2L, stage.id()));
  }

  @Test
  void revision_thatLeftItsStage_isReadWithoutIt() {
    BlobReference stage = BlobReference.empty(key(1).id(), 4).with(bytes("abcd"));
    writeBlobs(
        new BlobChanges(
            List.of(new NewChunk(key(1), 0, bytes("abcd"))),
            List.of(BlobState.staged(ONE, stage, 7).withReferences(1)),
            List.of()));
    StoredRevision unread =
        StoredRevision.written(A, tid(10), null, null, new StagedData(stage.id(), 4, 0, 3));
    writeRevisions(ONE, unread);
    StoredRevision settled = unread.withData(bytes("abc")).settled();

    writeOther(
        new PackChanges(
            List.of(new NewRevision(ONE, settled)), List.of(), List.of(), List.of(), List.of()),
        new BlobChanges(List.of(), List.of(), List.of(key(1))),
        List.of(),
        null);

    assertThat(store.at(ONE, A, tid(10))).isEqualTo(data(A, 10, "abc"));
    assertThat(store.blobChunk(key(1), 0)).isNull();
  }

  private void writeBlobs(BlobChanges blobs) {
    writeOther(PackChanges.NONE, blobs, List.of(), null);
  }

  protected static BlobKey key(long transaction) {
    return new BlobKey(ONE, new BlobId(id(transaction), 0));
  }

  private static BlobState staged(long transaction, String chunk) {
    BlobReference empty = BlobReference.empty(key(transaction).id(), 4);
    return BlobState.staged(ONE, empty.with(bytes(chunk)), 7);
  }
}
