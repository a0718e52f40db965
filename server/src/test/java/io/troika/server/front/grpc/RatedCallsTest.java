package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.server.access.AccessControl;
import io.troika.server.access.ClientRates;
import io.troika.server.config.NodeConfig.RateLimits;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.model.AccessList;
import io.troika.server.service.ServiceFixture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that ask for more than they may have a second. */
final class RatedCallsTest {
  private static final long SECOND = 1_000_000_000;

  private final AtomicLong now = new AtomicLong();
  private final ClientRates rates = new ClientRates(new RateLimits(100, 1_000), now::get);
  private final FrontFixture fixture =
      new FrontFixture(
          new ServiceFixture(),
          new AccessControl(SecurityConfig.DEFAULT, () -> AccessList.EMPTY, () -> 0).within(rates));

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void callOverTheBytes_isRefusedWithATime_andTakenAfterIt() {
    long first = fixture.commit(1, 0, "x".repeat(2_000));
    long submitted = fixture.service.log.submittedCount();

    ErrorDetail refusal = FrontFixture.error(() -> fixture.commit(1, first, "y"));

    assertThat(refusal.getCode()).isEqualTo(Code.RATE_EXCEEDED);
    assertThat(refusal.getFamily()).isEqualTo(ErrorFamily.NOT_NOW);
    assertThat(refusal.getRetryAfterMillis()).isBetween(1_000L, 1_500L);
    assertThat(fixture.service.log.submittedCount()).isEqualTo(submitted);
    assertThat(rates.refusedCount()).isEqualTo(1);
    now.addAndGet(2 * SECOND);
    assertThat(fixture.commit(1, first, "y")).isGreaterThan(first);
  }

  @Test
  void answers_countToo() {
    long tid = fixture.commit(1, 0, "x".repeat(900));
    now.addAndGet(2 * SECOND);
    fixture.load(1, tid);
    fixture.load(1, tid);

    assertThat(FrontFixture.error(() -> fixture.load(1, tid)).getCode())
        .isEqualTo(Code.RATE_EXCEEDED);
  }

  @Test
  void health_isAlwaysAnswered() {
    fixture.commit(1, 0, "x".repeat(5_000));

    assertThat(
            HealthGrpc.newBlockingStub(fixture.channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance())
                .isInitialized())
        .isTrue();
  }

  @Test
  void streamOfRequests_isTakenMoreSlowly_notCutOff() throws Exception {
    FirstAnswer<StageChunkResponse> answer = new FirstAnswer<>();
    StreamObserver<StageBlobRequest> upload =
        ObjectStoreGrpc.newStub(fixture.channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .stageBlob(answer);
    ByteString piece = ByteString.copyFrom(new byte[700]);
    upload.onNext(
        StageBlobRequest.newBuilder()
            .setStorage("main")
            .setTransaction(fixture.newId())
            .setData(piece)
            .build());
    upload.onNext(StageBlobRequest.newBuilder().setData(piece).build());
    upload.onNext(StageBlobRequest.newBuilder().setData(piece).build());
    upload.onCompleted();

    assertThat(answer.future().get(20, TimeUnit.SECONDS).getStaged().getLength()).isEqualTo(2_100);
    assertThat(rates.pacedCount()).as("reading was put off").isPositive();
  }
}
