package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.service.ports.FakeLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Transactions that are sent in parts. */
final class CommitStreamTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private CompletableFuture<CommitResponse> commitStream(List<CommitRequest> parts) {
    CompletableFuture<CommitResponse> answer = new CompletableFuture<>();
    StreamObserver<CommitRequest> stream =
        ObjectStoreGrpc.newStub(fixture.channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .commitStream(new Answer<>(answer));
    parts.forEach(stream::onNext);
    stream.onCompleted();
    return answer;
  }

  private record Answer<T>(CompletableFuture<T> future) implements StreamObserver<T> {
    @Override
    public void onNext(T value) {
      future.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      future.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }

  private static ErrorDetail streamError(CompletableFuture<?> answer) {
    return error(
        () -> {
          try {
            answer.get(20, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  @Test
  void commitStream_parts_areOneTransaction() {
    CommitRequest first = fixture.transaction().addWrites(write(1, 0, "a")).build();
    CommitRequest second = CommitRequest.newBuilder().addWrites(write(2, 0, "b")).build();
    long tid = commitStream(List.of(first, second)).join().getTid();
    assertThat(fixture.load(1, tid).getTid()).isEqualTo(tid);
    assertThat(fixture.load(2, tid).getTid()).isEqualTo(tid);
  }

  @Test
  void commitStream_headerAgain_isInvalid() {
    CommitRequest part = fixture.transaction().addWrites(write(1, 0, "a")).build();
    assertThat(streamError(commitStream(List.of(part, part))).getCode())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void commitStream_noPart_isInvalid() {
    assertThat(streamError(commitStream(List.of())).getMessage()).contains("at least one part");
  }

  @Test
  void commitStream_tooLarge_isRefusedBeforeItsEnd() {
    List<CommitRequest> parts = new ArrayList<>();
    parts.add(fixture.transaction().build());
    for (int i = 0; i < 20; i++) {
      parts.add(CommitRequest.newBuilder().addWrites(write(i, 0, "x".repeat(100_000))).build());
    }
    ErrorDetail detail = streamError(commitStream(parts));
    assertThat(detail.getCode()).isEqualTo(Code.TRANSACTION_TOO_LARGE);
    assertThat(detail.getLimit()).isEqualTo(FakeLog.COMMAND_BYTES_MAX);
  }
}
