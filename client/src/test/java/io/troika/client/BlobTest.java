package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.api.v1.ErrorDetail;
import io.troika.client.RestoredTransaction.Change;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
final class BlobTest {
  private static final Bytes RECORD = Bytes.utf8("record");

  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(Duration.ofSeconds(60))
            .tryTimeout(Duration.ofMillis(500))
            .build();
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private Oid created(byte[] bytes) {
    return store.run(tx -> tx.createBlob(RECORD, new ByteArrayInputStream(bytes)));
  }

  private Blob open(Oid oid) {
    try (ReadView view = store.view()) {
      return view.openBlob(oid);
    }
  }

  private static byte[] all(InputStream stream) throws IOException {
    try (stream) {
      return stream.readAllBytes();
    }
  }

  @Test
  void createBlob_anySize_isReadAsItWas() throws IOException {
    for (int size : new int[] {0, 1, 256 << 10, (256 << 10) + 1, 3_500_000}) {
      byte[] bytes = random(size);
      Oid oid = created(bytes);
      Blob blob = open(oid);

      assertThat(blob.length()).isEqualTo(size);
      assertThat(all(blob.stream())).isEqualTo(bytes);
      Bytes record = store.run(tx -> tx.read(oid));
      assertThat(record).isEqualTo(RECORD);
    }
  }

  @Test
  void range_hasThoseBytes() throws IOException {
    byte[] bytes = random(3_000_000);
    Blob blob = open(created(bytes));

    assertThat(all(blob.range(1_500_000, 10)))
        .isEqualTo(Arrays.copyOfRange(bytes, 1_500_000, 1_500_010));
    assertThat(all(blob.range(5, 2_500_000))).isEqualTo(Arrays.copyOfRange(bytes, 5, 2_500_005));
    assertThat(all(blob.range(2_999_999, Long.MAX_VALUE)))
        .isEqualTo(Arrays.copyOfRange(bytes, 2_999_999, 3_000_000));
    assertThat(all(blob.range(3_000_000, 1))).isEmpty();
    assertThatThrownBy(() -> blob.range(3_000_001, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void writeBlob_replacesIt_andAnOlderViewKeepsTheOld(@TempDir Path directory) throws IOException {
    Path file = Files.write(directory.resolve("new"), random(700_000));
    Oid oid = created(random(10));
    try (ReadView before = store.view()) {
      store.run(tx -> tx.writeBlob(oid, RECORD, file));

      assertThat(all(before.openBlob(oid).stream())).isEqualTo(random(10));
    }
    Path copy = directory.resolve("copy");
    open(oid).copyTo(copy);
    assertThat(copy).hasSameBinaryContentAs(file);
    assertThatThrownBy(() -> open(oid).copyTo(copy)).isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void write_afterwards_leavesNoBlob() {
    Oid oid = created(random(10));
    store.run(tx -> tx.write(oid, Bytes.utf8("plain")));

    assertThatThrownBy(() -> open(oid)).isInstanceOf(UnknownBlobException.class);
    assertThatThrownBy(() -> open(new Oid(99))).isInstanceOf(UnknownObjectException.class);
  }

  @Test
  void openBlob_inItsOwnTransaction_isRefused() {
    try (Transaction tx = store.begin()) {
      Oid oid = tx.createBlob(RECORD, new ByteArrayInputStream(random(10)));

      assertThatThrownBy(() -> tx.openBlob(oid)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void severalBlobs_areOneTransaction() throws IOException {
    Oid first = created(random(10));
    Oid second =
        store.run(
            tx -> {
              tx.writeBlob(first, RECORD, new ByteArrayInputStream(random(20)));
              return tx.createBlob(RECORD, new ByteArrayInputStream(random(30)));
            });

    assertThat(all(open(first).stream())).isEqualTo(random(20));
    assertThat(all(open(second).stream())).isEqualTo(random(30));
    assertThat(cluster.storage().transactionCount()).isEqualTo(2);
  }

  @Test
  void upload_answersLostAndLeaderChanged_goesOnAndCommitsOnce() throws IOException {
    byte[] bytes = random(2_500_000);
    cluster.failNext("StageChunk", new Fault.AnswerLost());
    cluster.failNext("StageChunk", new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "x")));
    cluster.failNext("StageChunk", new Fault.Silence());
    cluster.failNext("Commit", new Fault.AnswerLost());
    Oid oid =
        store.run(
            tx ->
                tx.createBlob(
                    RECORD,
                    new ByteArrayInputStream(bytes) {
                      @Override
                      public synchronized byte[] readNBytes(int length) throws IOException {
                        if (pos == 4 * (256 << 10)) {
                          cluster.elect(1);
                        }
                        return super.readNBytes(length);
                      }
                    }));

    assertThat(all(open(oid).stream())).isEqualTo(bytes);
    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
  }

  @Test
  void upload_noRoomForALongTime_isUnavailable() {
    created(random(10)); // what takes long the first time is done
    for (int i = 0; i < 1_000; i++) {
      cluster.failNext(
          "StageChunk", new Fault.Refusal(Errors.of(ErrorDetail.Code.STAGING_FULL, "full")));
    }
    try (TroikaClient hasty =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(Duration.ofSeconds(2))
            .build()) {
      assertThatThrownBy(
              () ->
                  hasty
                      .store("main")
                      .run(tx -> tx.createBlob(RECORD, new ByteArrayInputStream(random(10)))))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("STAGING_FULL");
    }
  }

  @Test
  void upload_stagedBytesExpireMeanwhile_isLost() {
    byte[] bytes = random(2_500_000);
    assertThatThrownBy(
            () ->
                store.run(
                    tx ->
                        tx.createBlob(
                            RECORD,
                            new ByteArrayInputStream(bytes) {
                              @Override
                              public synchronized byte[] readNBytes(int length) throws IOException {
                                if (pos == 18 * (128 << 10)) { // more than may be under way
                                  cluster.storage().blobs().forgetStaged();
                                }
                                return super.readNBytes(length);
                              }
                            })))
        .isInstanceOf(BlobLostException.class);
  }

  @Test
  void commit_stagedBytesExpired_isLostAndCommitsNothing() {
    try (Transaction tx = store.begin()) {
      Oid oid = tx.createBlob(RECORD, new ByteArrayInputStream(random(10)));
      cluster.storage().blobs().forgetStaged();

      assertThatThrownBy(tx::commit).isInstanceOf(BlobLostException.class);
      assertThatThrownBy(() -> open(oid)).isInstanceOf(UnknownObjectException.class);
    }
  }

  @Test
  void abort_afterABlobWasSent_abandonsItsTransaction() {
    try (Transaction tx = store.begin()) {
      var unused = tx.createBlob(RECORD, new ByteArrayInputStream(random(10)));
      tx.abort();
    }
    try (Transaction tx = store.begin()) {
      tx.createAt(new Oid(77), RECORD);
    }

    Awaitility.await().until(() -> cluster.calls("GetOutcome") >= 1);
  }

  @Test
  void upload_sourceFails_saysSo() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("disk gone");
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            throw new IOException("disk gone");
          }
        };

    assertThatThrownBy(() -> store.run(tx -> tx.createBlob(RECORD, broken)))
        .isInstanceOf(UncheckedIOException.class)
        .hasRootCauseMessage("disk gone");
  }

  @Test
  void run_conflict_sendsTheBlobAgainUnderAnotherId() throws IOException {
    Oid oid = created(random(10));
    boolean[] disturbed = {false};
    store.run(
        tx -> {
          tx.read(oid);
          if (!disturbed[0]) {
            disturbed[0] = true;
            store.run(other -> other.write(oid, Bytes.utf8("theirs")));
          }
          return tx.writeBlob(oid, RECORD, new ByteArrayInputStream(random(20)));
        });

    assertThat(all(open(oid).stream())).isEqualTo(random(20));
  }

  @Test
  void conflictWithABlob_isNotMerged() {
    try (TroikaClient merging =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .conflictResolver(input -> Optional.of(Bytes.utf8("merged")))
            .build()) {
      Oid oid = created(random(10));
      try (Transaction tx = merging.store("main").begin()) {
        tx.read(oid);
        store.run(other -> other.write(oid, Bytes.utf8("theirs")));
        tx.writeBlob(oid, RECORD, new ByteArrayInputStream(random(20)));

        assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
      }
      Awaitility.await().until(() -> cluster.calls("GetOutcome") >= 1);
    }
  }

  @Test
  void stream_otherBytesThanCommitted_throwsBeforeTheLastOfThem() throws IOException {
    Blob blob = open(created(random(2_500_000)));
    cluster.storage().blobs().damage();
    try (InputStream stream = blob.stream()) {
      stream.skipNBytes(2 << 20);

      assertThatThrownBy(stream::read)
          .isInstanceOf(BrokenException.class)
          .hasMessageContaining("not those that were committed");
      assertThatThrownBy(stream::read).as("nor an end then").isInstanceOf(BrokenException.class);
    }
  }

  @Test
  void stream_nodeLostInTheMiddle_goesOnElsewhere() throws IOException {
    byte[] bytes = random(5_000_000);
    Blob blob = open(created(bytes));
    try (InputStream stream = blob.stream()) {
      byte[] first = stream.readNBytes(10);
      cluster.node(0).kill();
      cluster.elect(1);

      assertThat(first).isEqualTo(Arrays.copyOf(bytes, 10));
      assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 10, bytes.length));
    }
  }

  @Test
  void stream_readOnAfterAFailure_tellsNoEnd() throws IOException {
    Blob blob = open(created(random(10)));
    cluster.failNext("ReadBlob", new Fault.Refusal(Errors.of(ErrorDetail.Code.CORRUPT, "broken")));
    try (InputStream stream = blob.stream()) {
      assertThatThrownBy(stream::read).isInstanceOf(BrokenException.class);
      assertThatThrownBy(stream::read).isInstanceOf(BrokenException.class);
    }
  }

  @Test
  void stream_closed_isNotReadAnyMore() throws IOException {
    InputStream stream = open(created(random(10))).stream();
    stream.close();

    assertThatThrownBy(stream::read).isInstanceOf(IOException.class);
  }

  @Test
  void restore_withBlobs_theyComeWithTheirRevisions() throws IOException {
    Oid oid = new Oid(7);
    store.restore(
        List.of(
            restored(2_000, written(oid, random(300_000)), written(new Oid(8), random(0))),
            restored(2_001, written(oid, random(20)))));

    assertThat(all(store.openBlob(oid, new Tid(2_000)).stream())).isEqualTo(random(300_000));
    assertThat(all(store.openBlob(oid, new Tid(2_001)).stream())).isEqualTo(random(20));
    assertThat(store.openBlob(new Oid(8), new Tid(2_000)).length()).isZero();
    assertThatThrownBy(() -> store.openBlob(oid, new Tid(1_999)))
        .isInstanceOf(UnknownBlobException.class);
  }

  @Test
  void restore_answersLost_isDoneOnce() throws IOException {
    cluster.failNext("StageChunk", new Fault.AnswerLost());
    cluster.failNext("Restore", new Fault.AnswerLost());
    Oid oid = new Oid(7);
    store.restore(restored(2_000, written(oid, random(300_000))));

    assertThat(all(open(oid).stream())).isEqualTo(random(300_000));
    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
  }

  @Test
  void restore_blobThatCannotBeRead_restoresNothingAndLetsGoOfWhatWasSent() {
    Change broken =
        new Written(
            new Oid(8),
            RECORD,
            () -> {
              throw new IOException("disk gone");
            });

    assertThatThrownBy(
            () -> store.restore(restored(2_000, written(new Oid(7), random(10)), broken)))
        .isInstanceOf(UncheckedIOException.class)
        .hasRootCauseMessage("disk gone");

    Awaitility.await().until(() -> cluster.calls("GetOutcome") >= 1);
    assertThat(cluster.storage().transactionCount()).isZero();
  }

  private static Change written(Oid oid, byte[] blob) {
    return new Written(oid, RECORD, () -> new ByteArrayInputStream(blob));
  }

  private static RestoredTransaction restored(long tid, Change... changes) {
    return new RestoredTransaction(
        new Tid(tid),
        RestoredTransaction.STATUS_NORMAL,
        TransactionMetadata.EMPTY,
        List.of(changes));
  }
}
