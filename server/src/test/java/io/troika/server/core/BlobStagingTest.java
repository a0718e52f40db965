package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.PackStep;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Command.StartPack;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.Staged;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.mvcc.BlobReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blobs from their first chunk to the pack that drops them. */
final class BlobStagingTest {
  private static final StorageId MAIN = new StorageId(1);
  private static final StorageId OTHER = new StorageId(2);
  private static final Oid A = new Oid(0xa);
  private static final int CHUNK_BYTES = 4;
  private static final long KEEP_MILLIS = 100;
  private static final StageChunk.Terms TERMS = new StageChunk.Terms(KEEP_MILLIS, 1_000, 1_000);

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core = new StorageCore(store, CommitListener.NONE);
  private final BlobReads reads = new BlobReads(store);
  private long index;
  private long timeMillis;

  @BeforeEach
  void createStorages() {
    apply(new CreateStorage("main", new UUID(1, 1)));
    apply(new CreateStorage("other", new UUID(1, 2)));
  }

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

  private static StageChunk partOf(int transaction, int part, String text) {
    return new StageChunk(
        MAIN, new BlobId(id(transaction), part), CHUNK_BYTES, 0, Bytes.utf8(text), TERMS);
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

  private Outcome stage(int transaction, long offset, String text) {
    return apply(chunk(transaction, offset, text, TERMS));
  }

  private static StageChunk chunk(
      int transaction, long offset, String text, StageChunk.Terms terms) {
    return chunkOf(MAIN, transaction, offset, text, terms);
  }

  private static StageChunk chunkOf(
      StorageId storage, int transaction, long offset, String text, StageChunk.Terms terms) {
    return new StageChunk(
        storage, blobId(transaction), CHUNK_BYTES, offset, Bytes.utf8(text), terms);
  }

  private Outcome commit(int transaction, long candidate, BlobReference blob) {
    return apply(write(transaction, candidate, blob));
  }

  private CommitTransaction write(int transaction, long candidate, BlobReference blob) {
    List<Oid> known = store.oids(MAIN, A, 1);
    Tid serial = known.isEmpty() ? Tid.NONE : store.history(MAIN, A, Tid.MAX, 1).get(0).tid();
    return transaction(
        transaction,
        candidate,
        List.of(new Write(A, serial, Bytes.utf8("record"), blob)),
        List.of());
  }

  private Outcome undo(int transaction, long candidate, long undone) {
    return apply(transaction(transaction, candidate, List.of(), List.of(new Tid(undone))));
  }

  private static CommitTransaction transaction(
      int transaction, long candidate, List<Write> writes, List<Tid> undos) {
    return new CommitTransaction(
        id(transaction),
        MAIN,
        new Tid(candidate),
        TransactionMetadata.EMPTY,
        List.of(),
        writes,
        List.of(),
        undos);
  }

  private String textAt(long tid) {
    @Nullable BlobReference blob = reads.at(MAIN, A, new Tid(tid));
    assertThat(blob).isNotNull();
    StringBuilder text = new StringBuilder();
    while (blob != null && text.length() < blob.length()) {
      @Nullable Bytes next = reads.read(MAIN, blob, text.length(), CHUNK_BYTES);
      assertThat(next).isNotNull();
      text.append(next == null ? "" : next.toUtf8());
    }
    return text.toString();
  }

  private Outcome apply(Command command) {
    return applyAll(command).get(0);
  }

  private List<Outcome> applyAll(Command... commands) {
    return core.apply(
        new LogPosition(1, index++),
        new LogEntry(timeMillis, 1_000_000, new ArrayList<>(List.of(commands))));
  }

  private static void assertRejected(Outcome outcome, Reason reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(reason));
  }

  private static BlobReference blob(int transaction, String... chunks) {
    BlobReference blob = BlobReference.empty(blobId(transaction), CHUNK_BYTES);
    for (String chunk : chunks) {
      blob = blob.with(Bytes.utf8(chunk));
    }
    return blob;
  }

  private static BlobKey key(int transaction) {
    return new BlobKey(MAIN, blobId(transaction));
  }

  private static BlobId blobId(int transaction) {
    return new BlobId(id(transaction), 0);
  }

  private static TransactionId id(int sequence) {
    return new TransactionId(new UUID(0, 1), sequence);
  }
}
