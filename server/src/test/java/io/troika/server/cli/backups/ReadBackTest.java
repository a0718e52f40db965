package io.troika.server.cli.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.Tid;
import io.troika.client.TransactionRecord;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.node.OneNode;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What was restored is held against the backup, and each difference is one. */
@Timeout(600)
class ReadBackTest {
  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;
  private RestorePoint point;

  /** Written, again, undone (which shares data), another object, that one deleted, a blob. */
  @BeforeEach
  void backUp() throws Exception {
    store = node.newStore();
    Oid oid = store.run(tx -> tx.create("one", Codec.UTF8));
    Tid second = store.execute(tx -> tx.write(oid, "two", Codec.UTF8));
    Tid undone = store.execute(tx -> tx.undo(second));
    Oid other = store.run(tx -> tx.create("other", Codec.UTF8));
    Tid deleted = store.execute(tx -> tx.delete(other));
    assertThat(deleted).isGreaterThan(undone);
    store.run(tx -> tx.createBlob(Bytes.utf8("b"), new ByteArrayInputStream(new byte[200_000])));
    BackupReport unused = BackupRun.run(store, store, directory, BackupRun.Progress.NONE);
    point = RestorePoint.newest(directory, 0);
  }

  @Test
  void equal_countsTheRecords() throws Exception {
    assertThat(readBack(store)).isEqualTo(new ReadBack.Compared(6, 1));
  }

  @Test
  void recordThatDiffers_isFound() {
    assertDifferent(
        each ->
            new RecordedChange(each.oid(), each.data().map(ReadBackTest::longer), each.dataTid()));
    assertDifferent(each -> new RecordedChange(each.oid(), Optional.empty(), each.dataTid()));
    assertDifferent(
        each -> new RecordedChange(new Oid(each.oid().value() + 1), each.data(), each.dataTid()));
    // The same bytes, but not shared, or shared with another.
    assertDifferent(each -> new RecordedChange(each.oid(), each.data(), Tid.NONE));
    assertDifferent(
        each ->
            each.dataTid().isNone()
                ? each
                : new RecordedChange(each.oid(), each.data(), new Tid(each.dataTid().value() + 1)));
    // A deleted object that is there.
    assertDifferent(
        each ->
            each.data().isPresent()
                ? each
                : new RecordedChange(each.oid(), Optional.of(Bytes.EMPTY), Tid.NONE));
  }

  @Test
  void blobThatDiffersOrIsMissing_isFound() {
    assertDifferent(
        each -> new RecordedChange(each.oid(), each.data(), each.dataTid(), !each.hasBlob()));
    for (int size : new int[] {0, 199_999, 200_000, 200_001}) {
      byte[] other = new byte[size];
      if (size == 200_000) {
        other[150_000] = 1;
      }
      assertDifferent(blobs(other), "the blob of oid");
    }
  }

  @Test
  void recordThatIsMissing_isFound() {
    assertThatThrownBy(() -> readBack(changes(all -> List.of())))
        .hasMessageContaining("expected 1 objects, found 0");
  }

  @Test
  void headerThatDiffers_isFound() {
    assertDifferent(
        records(all -> all.map(each -> header(each, RestoredTransaction.STATUS_PACKED))),
        "its header differs");
  }

  @Test
  void transactionThatIsMissing_isFound() {
    assertDifferent(records(all -> all.skip(1)), "is not there");
    assertDifferent(records(all -> all.limit(5)), "is not there");
  }

  @Test
  void transactionTooMany_isFound() {
    store.run(tx -> tx.create("later", Codec.UTF8));

    assertDifferent(store, "is not in the backup");
  }

  private ReadBack.Compared readBack(ObjectStore restored) throws Exception {
    return ReadBack.run(restored, point, TransactionProgress.NONE);
  }

  private void assertDifferent(UnaryOperator<RecordedChange> change) {
    assertDifferent(changes(all -> all.stream().map(change).toList()), "differs");
  }

  private void assertDifferent(ObjectStore restored, String found) {
    assertThatThrownBy(() -> readBack(restored))
        .isInstanceOfSatisfying(RestoreException.class, e -> assertThat(e.isDifferent()).isTrue())
        .hasMessageContaining(found);
  }

  private static Bytes longer(Bytes bytes) {
    return Bytes.utf8(bytes.toUtf8() + "!");
  }

  private static TransactionRecord header(TransactionRecord record, int status) {
    return new TransactionRecord(
        record.tid(),
        status,
        record.metadata(),
        record.oids(),
        record.oidCount(),
        record.sizeBytes(),
        record.id());
  }

  @SuppressWarnings("unchecked") // what the methods answer
  private ObjectStore changes(UnaryOperator<List<RecordedChange>> change) {
    return ChangedStore.of(
        store,
        (method, answer) ->
            method.equals("changesAsync")
                ? ((CompletableFuture<List<RecordedChange>>) answer).thenApply(change)
                : answer);
  }

  @SuppressWarnings("unchecked")
  private ObjectStore records(UnaryOperator<Stream<TransactionRecord>> change) {
    return ChangedStore.of(
        store,
        (method, answer) ->
            method.equals("transactions")
                ? change.apply((Stream<TransactionRecord>) answer)
                : answer);
  }

  private ObjectStore blobs(byte[] other) {
    return ChangedStore.of(
        store,
        (method, answer) ->
            method.equals("openBlob") ? new OtherBlob((Blob) answer, other) : answer);
  }

  /** A blob whose bytes are others. */
  private record OtherBlob(Oid oid, Tid serial, long length, Bytes bytes) implements Blob {
    OtherBlob(Blob blob, byte[] bytes) {
      this(blob.oid(), blob.serial(), bytes.length, Bytes.wrap(bytes));
    }

    @Override
    public InputStream stream() {
      return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Override
    public InputStream range(long offset, long bytesMax) {
      throw new UnsupportedOperationException();
    }
  }
}
