package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.troika.api.v1.BlobInfo;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.Write;
import io.troika.server.service.refusals.StagingFullException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Blobs over gRPC: staged in chunks or as a stream, named in a commit, read in ranges. */
@Timeout(300)
final class BlobCallsTest {
  /** Longer than a chunk is held that comes before the one it follows. */
  private static final Duration HELD_MAX = Duration.ofSeconds(1);

  private static final int PART_BYTES = 300_000;

  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private static ByteString random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private static List<StageBlobRequest> parts(TransactionId id, ByteString whole) {
    List<StageBlobRequest> parts = new ArrayList<>();
    parts.add(
        StageBlobRequest.newBuilder().setTransaction(id).setStorage("main").setPart(5).build());
    for (int at = 0; at < whole.size(); at += PART_BYTES) {
      parts.add(
          StageBlobRequest.newBuilder()
              .setData(whole.substring(at, Math.min(whole.size(), at + PART_BYTES)))
              .build());
    }
    return parts;
  }

  /** Sends parts as the server takes them. */
  private static final class Sending
      implements ClientResponseObserver<StageBlobRequest, StageChunkResponse> {
    private final Iterator<StageBlobRequest> parts;
    private final CompletableFuture<StagedBlob> answer = new CompletableFuture<>();
    private boolean completed;

    Sending(Iterator<StageBlobRequest> parts) {
      this.parts = parts;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<StageBlobRequest> stream) {
      stream.setOnReadyHandler(
          () -> {
            while (stream.isReady() && parts.hasNext()) {
              stream.onNext(parts.next());
            }
            if (!parts.hasNext() && !completed) {
              completed = true;
              stream.onCompleted();
            }
          });
    }

    @Override
    public void onNext(StageChunkResponse response) {
      answer.complete(response.getStaged());
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }

  private CompletableFuture<StagedBlob> send(List<StageBlobRequest> parts) {
    Sending sending = new Sending(parts.iterator());
    var unused =
        ObjectStoreGrpc.newStub(fixture.channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .stageBlob(sending);
    return sending.answer;
  }

  private static StagedBlob get(CompletableFuture<StagedBlob> answer) throws Throwable {
    try {
      return answer.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }

  private long commit(TransactionId id, StagedBlob blob) {
    return fixture
        .store()
        .commit(fixture.transaction().setId(id).addWrites(write(blob)).build())
        .getTid();
  }

  private static Write write(StagedBlob blob) {
    return FrontFixture.write(1, 0, "record").toBuilder().setBlob(blob).build();
  }

  private static ReadBlobRequest.Builder reading(long serial) {
    return ReadBlobRequest.newBuilder().setStorage("main").setOid(1).setSerial(serial);
  }

  private record Content(@Nullable BlobInfo info, ByteString data) {}

  private Content read(ReadBlobRequest.Builder request) {
    Iterator<BlobPart> parts = fixture.store().readBlob(request.build());
    BlobInfo info = null;
    ByteString data = ByteString.EMPTY;
    while (parts.hasNext()) {
      BlobPart part = parts.next();
      info = part.hasBlob() ? part.getBlob() : info;
      data = data.concat(part.getData());
    }
    return new Content(info, data);
  }

  @Test
  void stageBlob_namedInACommit_isReadWholeAndInRanges() throws Throwable {
    ByteString whole = random(2_000_000);
    TransactionId id = fixture.newId();
    StagedBlob staged = get(send(parts(id, whole)));
    assertThat(staged.getPart()).isEqualTo(5);
    assertThat(staged.getLength()).isEqualTo(whole.size());
    long tid = commit(id, staged);

    Content all = read(reading(tid));
    assertThat(all.data()).isEqualTo(whole);
    assertThat(all.info())
        .isEqualTo(
            BlobInfo.newBuilder()
                .setLength(whole.size())
                .setChunkBytes(staged.getChunkBytes())
                .setDigest(staged.getDigest())
                .build());
    assertThat(read(reading(tid).setOffset(262_000).setLength(500)).data())
        .isEqualTo(whole.substring(262_000, 262_500));
    Content end = read(reading(tid).setOffset(whole.size()));
    assertThat(end.data().size()).isZero();
    assertThat(end.info()).isEqualTo(all.info());
  }

  @Test
  void stageBlob_sentAgain_isTheSameBlob() throws Throwable {
    ByteString whole = random(1_000_000);
    TransactionId id = fixture.newId();
    StagedBlob first = get(send(parts(id, whole)));

    assertThat(get(send(parts(id, whole)))).isEqualTo(first);
  }

  @Test
  void stageBlob_wrongParts_areNamed() {
    TransactionId id = fixture.newId();
    StageBlobRequest first = parts(id, ByteString.EMPTY).get(0);

    assertThat(failure(send(List.of())).getMessage()).contains("at least one part");
    assertThat(failure(send(List.of(first, first))).getMessage()).contains("first part only");
    assertThat(failure(send(List.of(first.toBuilder().clearTransaction().build()))).getMessage())
        .contains("transaction id is missing");
    assertThat(
            failure(send(List.of(first.toBuilder().setData(random((4 << 20) + 1)).build())))
                .getMessage())
        .contains("expected at most");
    assertThat(failure(send(List.of(first.toBuilder().setStorage("nowhere").build()))).getCode())
        .isEqualTo(Code.UNKNOWN_STORAGE);
  }

  @Test
  void stageBlob_noRoom_isNotNow() {
    fixture.service.log.refuse(new StagingFullException("full"));
    ErrorDetail detail = failure(send(parts(fixture.newId(), random(1_000_000))));

    assertThat(detail.getCode()).isEqualTo(Code.STAGING_FULL);
    assertThat(detail.getFamily()).isEqualTo(ErrorFamily.NOT_NOW);
  }

  private static ErrorDetail failure(CompletableFuture<StagedBlob> answer) {
    return error(() -> get(answer));
  }

  private static StageChunkRequest.Builder chunk(TransactionId id, long offset, String data) {
    return StageChunkRequest.newBuilder()
        .setTransaction(id)
        .setStorage("main")
        .setChunkBytes(4)
        .setOffset(offset)
        .setData(ByteString.copyFromUtf8(data));
  }

  @Test
  void stageChunk_gap_saysHowFarTheBlobIs() {
    TransactionId id = fixture.newId();
    assertThat(staged(chunk(id, 0, "abcd")).getLength()).isEqualTo(4);
    CompletableFuture<StagedBlob> early =
        CompletableFuture.supplyAsync(() -> staged(chunk(id, 8, "ij")));
    Awaitility.await()
        .until(
            () -> {
              fixture.service.timer.advance(HELD_MAX);
              return early.isDone();
            });
    assertThat(early.join().getLength()).isEqualTo(4);
    assertThat(staged(chunk(id, 4, "efgh")).getLength()).isEqualTo(8);
    assertThat(staged(chunk(id, 4, "efgh")).getLength()).isEqualTo(8);
  }

  private StagedBlob staged(StageChunkRequest.Builder request) {
    return fixture.store().stageChunk(request.build()).getStaged();
  }

  @Test
  void stageChunk_wrongFields_areNamed() {
    TransactionId id = fixture.newId();
    assertThat(chunkError(chunk(id, 2, "ab")).getMessage()).contains("multiple");
    assertThat(chunkError(chunk(id, 0, "abcde")).getMessage()).contains("expected 1 to 4");
    assertThat(chunkError(chunk(id, 0, "a").setChunkBytes(0)).getMessage()).contains("chunks of 0");
    assertThat(chunkError(chunk(id, 0, "a").setPart(-1)).getMessage()).contains("0 or more");
    assertThat(chunkError(chunk(id, 0, "a").clearTransaction()).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  private ErrorDetail chunkError(StageChunkRequest.Builder request) {
    return error(() -> fixture.store().stageChunk(request.build()));
  }

  @Test
  void commit_digestOfOtherBytes_isRefused() throws Throwable {
    TransactionId id = fixture.newId();
    StagedBlob staged = get(send(parts(id, random(1_000))));
    ErrorDetail detail = error(() -> commit(id, staged.toBuilder().setDigest(random(32)).build()));

    assertThat(detail.getCode()).isEqualTo(Code.STAGING_LOST);
    assertThat(detail.getFamily()).isEqualTo(ErrorFamily.YOUR_MISTAKE);
    assertThat(detail.getTransaction()).isEqualTo(id);
  }

  @Test
  void vote_blobNotStaged_isRefusedAndDecidesNothing() throws Throwable {
    TransactionId id = fixture.newId();
    StagedBlob blob =
        StagedBlob.newBuilder().setLength(3).setChunkBytes(4).setDigest(random(32)).build();
    VoteRequest vote =
        VoteRequest.newBuilder()
            .setTransaction(fixture.transaction().setId(id).addWrites(write(blob)))
            .build();
    assertThat(error(() -> fixture.store().vote(vote)).getCode()).isEqualTo(Code.STAGING_LOST);

    assertThat(commit(id, get(send(parts(id, random(1_000)))))).isPositive();
  }

  @Test
  void commit_digestOfAWrongLength_isNamed() {
    ErrorDetail detail =
        error(
            () ->
                commit(
                    fixture.newId(),
                    StagedBlob.newBuilder().setChunkBytes(4).setDigest(random(31)).build()));

    assertThat(detail.getMessage()).contains("a digest of 31 bytes");
  }

  @Test
  void restore_aBlobWithoutData_isNamed() {
    RestoreRequest request =
        RestoreRequest.newBuilder()
            .setId(fixture.newId())
            .setStorage("main")
            .addTransactions(
                RestoredTransaction.newBuilder()
                    .setTid(1L << 60)
                    .setStatus(' ')
                    .addRecords(
                        RestoredRecord.newBuilder()
                            .setOid(1)
                            .setBlob(
                                StagedBlob.newBuilder().setChunkBytes(4).setDigest(random(32)))))
            .build();

    assertThat(error(() -> fixture.store().restore(request)).getMessage())
        .contains("a blob without data");
  }

  @Test
  void readBlob_noSuchBlobOrOffset_isAnError() throws Throwable {
    TransactionId id = fixture.newId();
    long tid = commit(id, get(send(parts(id, random(10)))));

    assertThat(error(() -> read(reading(tid).setOid(2))).getCode()).isEqualTo(Code.UNKNOWN_BLOB);
    assertThat(error(() -> read(reading(tid).setOffset(11))).getMessage())
        .contains("offset 11, expected 0 to 10");
    assertThat(error(() -> read(reading(tid).setOffset(-1))).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error(() -> read(reading(tid).setLength(-1))).getMessage()).contains("length");
    assertThat(error(() -> read(reading(-1))).getMessage()).contains("serial 0x");
  }
}
