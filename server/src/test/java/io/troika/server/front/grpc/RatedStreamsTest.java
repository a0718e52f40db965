package io.troika.server.front.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.server.access.AccessControl;
import io.troika.server.access.ClientRates;
import io.troika.server.config.NodeConfig.RateLimits;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.model.AccessList;
import io.troika.server.service.ServiceFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Long answers to a client that may have 4,000,000 bytes a second. */
final class RatedStreamsTest {
  private static final long SECOND = 1_000_000_000;
  private static final int PER_SECOND = 4_000_000;
  private static final int PIECE_BYTES = 250_000;
  private static final int PIECES = 3 * PER_SECOND / PIECE_BYTES;
  private static final int MANY_OBJECTS = 1_000;

  /** More than any answer has; with the first one asked for, the sum is still a number. */
  private static final int PARTS_MAX = 1_000_000;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final AtomicLong now = new AtomicLong();
  private final ClientRates rates = new ClientRates(new RateLimits(0, PER_SECOND), now::get);
  private final ServiceFixture service = new ServiceFixture();
  private final FrontFixture free = new FrontFixture(service, AccessControl.OPEN);
  private final FrontFixture fixture =
      new FrontFixture(
          service,
          new AccessControl(SecurityConfig.DEFAULT, () -> AccessList.EMPTY, () -> 0).within(rates));

  @AfterEach
  void close() {
    fixture.close();
    free.close();
  }

  /** What has come of a blob. */
  private static final class Reading implements ClientResponseObserver<ReadBlobRequest, BlobPart> {
    private final AtomicLong bytes = new AtomicLong();
    private final CompletableFuture<Boolean> begun = new CompletableFuture<>();
    private final CompletableFuture<Long> end = new CompletableFuture<>();
    private @Nullable ClientCallStreamObserver<ReadBlobRequest> stream;

    @Override
    public void beforeStart(ClientCallStreamObserver<ReadBlobRequest> requests) {
      requests.disableAutoRequestWithInitial(1);
      stream = requests;
    }

    /** Takes all that follows the first part, which has no data. */
    void goOn() {
      requireNonNull(stream).request(PARTS_MAX);
    }

    @Override
    public void onNext(BlobPart part) {
      bytes.addAndGet(part.getData().size());
      begun.complete(true);
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      end.complete(bytes.get());
    }
  }

  /** A blob of so many pieces, written by somebody who has no limit. */
  private long committed(int pieces, int pieceBytes) throws Exception {
    TransactionId id = free.newId();
    FirstAnswer<StageChunkResponse> answer = new FirstAnswer<>();
    StreamObserver<StageBlobRequest> upload =
        ObjectStoreGrpc.newStub(free.channel)
            .withDeadlineAfter(120, TimeUnit.SECONDS)
            .stageBlob(answer);
    upload.onNext(StageBlobRequest.newBuilder().setStorage("main").setTransaction(id).build());
    ByteString piece = ByteString.copyFrom(new byte[pieceBytes]);
    for (int i = 0; i < pieces; i++) {
      upload.onNext(StageBlobRequest.newBuilder().setData(piece).build());
    }
    upload.onCompleted();
    StagedBlob blob = answer.future().get(60, TimeUnit.SECONDS).getStaged();
    return free.store()
        .commit(
            free.transaction()
                .setId(id)
                .addWrites(FrontFixture.write(1, 0, "record").toBuilder().setBlob(blob))
                .build())
        .getTid();
  }

  private Reading read(long serial) {
    Reading reading = begin(serial);
    reading.goOn();
    return reading;
  }

  private Reading begin(long serial) {
    Reading reading = new Reading();
    ObjectStoreGrpc.newStub(fixture.channel)
        .withDeadlineAfter(120, TimeUnit.SECONDS)
        .readBlob(
            ReadBlobRequest.newBuilder().setStorage("main").setOid(1).setSerial(serial).build(),
            reading);
    return reading;
  }

  @Test
  void longAnswer_isHeldUpAtTheClientsPace_andThenGoesOn() throws Exception {
    int size = PIECES * PIECE_BYTES;
    long tid = committed(PIECES, PIECE_BYTES);
    long before = rates.pacedCount();

    Reading reading = read(tid);

    await().atMost(PATIENCE).until(() -> rates.pacedCount() > before + 2);
    await().atMost(PATIENCE).until(() -> reading.bytes.get() >= PER_SECOND / 2L);
    assertThat(reading.end).isNotDone();
    assertThat(reading.bytes).hasValueLessThanOrEqualTo(PER_SECOND + 2L * PIECE_BYTES);
    now.addAndGet(SECOND);
    await().atMost(PATIENCE).until(() -> reading.bytes.get() > 2L * PER_SECOND - 2 * PIECE_BYTES);
    assertThat(reading.end).isNotDone();
    now.addAndGet(2 * SECOND);
    assertThat(reading.end.get(60, TimeUnit.SECONDS)).isEqualTo(size);
  }

  @Test
  void twoLongAnswers_shareThePaceOfTheirClient() throws Exception {
    long tid = committed(PIECES, PIECE_BYTES);
    long before = rates.pacedCount();

    Reading one = begin(tid);
    Reading other = begin(tid);
    // Had one of them its data already, the other might be refused.
    for (Reading each : List.of(one, other)) {
      each.begun.get(60, TimeUnit.SECONDS);
    }
    one.goOn();
    other.goOn();

    await().atMost(PATIENCE).until(() -> rates.pacedCount() > before + 4);
    assertThat(one.bytes.get() + other.bytes.get())
        .as("one takes what is free of the pace, the other what is never held up")
        .isLessThan(PER_SECOND + RatedCall.UNPACED_BYTES + 4L * PIECE_BYTES);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              now.addAndGet(SECOND / 2);
              return one.end.isDone() && other.end.isDone();
            });
    assertThat(one.end.join() + other.end.join()).isEqualTo(2L * PIECES * PIECE_BYTES);
  }

  /** The Java client's calls have little time each: none may be stretched. */
  @Test
  void shortAnswers_areNotHeldUp_theirPriceIsPaidBeforeTheNextCall() throws Exception {
    int size = 4 * (PIECE_BYTES - 2_000);
    long tid = committed(4, PIECE_BYTES - 2_000);
    long before = rates.pacedCount();

    for (int call = 0; call < 5; call++) { // the last one begins when there is little left
      assertThat(read(tid).end.get(60, TimeUnit.SECONDS)).isEqualTo(size);
    }

    assertThat(rates.pacedCount()).isEqualTo(before);
    assertThat(FrontFixture.error(() -> fixture.load(1, tid)).getCode())
        .isEqualTo(Code.RATE_EXCEEDED);
  }

  /** One that is held up would be lost, and its client's cache with it. */
  @Test
  void news_ofAWatch_areNeverHeldUp() throws Exception {
    long blob = committed(4, PIECE_BYTES - 2_000);
    List<Long> heard = new CopyOnWriteArrayList<>();
    ObjectStoreGrpc.newStub(fixture.channel)
        .withDeadlineAfter(120, TimeUnit.SECONDS)
        .watch(
            WatchRequest.newBuilder().setStorage("main").build(),
            new StreamObserver<>() {
              @Override
              public void onNext(WatchEvent event) {
                event.getCommitted().getTransactionsList().forEach(one -> heard.add(one.getTid()));
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
    await().atMost(PATIENCE).until(() -> service.service.feed().subscriptionCount() == 1);

    for (int call = 0; call < 5; call++) {
      assertThat(read(blob).end.get(60, TimeUnit.SECONDS)).isPositive();
    }
    assertThat(FrontFixture.error(() -> fixture.load(1, blob)).getCode())
        .as("the client is in debt")
        .isEqualTo(Code.RATE_EXCEEDED);

    List<Long> committed = new ArrayList<>();
    for (int i = 0; i * 8L * MANY_OBJECTS < RatedCall.UNPACED_BYTES + PIECE_BYTES; i++) {
      committed.add(commitOfManyObjects(i));
    }

    await().atMost(PATIENCE).until(() -> heard.equals(committed));
  }

  /** Of each oid there are eight bytes in the news. */
  private long commitOfManyObjects(int number) {
    CommitRequest.Builder transaction = free.transaction();
    for (int i = 0; i < MANY_OBJECTS; i++) {
      transaction.addWrites(
          FrontFixture.write((1L << 60) + (long) number * MANY_OBJECTS + i, 0, ""));
    }
    return free.store().commit(transaction.build()).getTid();
  }
}
