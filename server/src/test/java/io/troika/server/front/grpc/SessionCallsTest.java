package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.troika.api.v1.AbortRequest;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.VoteRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Vote, finish and abort. */
final class SessionCallsTest {
  private final FrontFixture fixture = new FrontFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void voteFinish_commits() {
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    var vote = fixture.store().vote(VoteRequest.newBuilder().setTransaction(request).build());
    assertThat(vote.getLeaseMs()).isEqualTo(30_000);
    long tid =
        fixture.store().finish(FinishRequest.newBuilder().setId(request.getId()).build()).getTid();
    assertThat(fixture.load(1, tid).getTid()).isEqualTo(tid);
  }

  @Test
  void voteAbort_freesAndFinishIsUnknown() {
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    fixture.store().vote(VoteRequest.newBuilder().setTransaction(request).build());
    fixture.store().abort(AbortRequest.newBuilder().setId(request.getId()).build());
    assertThat(
            error(
                    () ->
                        fixture
                            .store()
                            .finish(FinishRequest.newBuilder().setId(request.getId()).build()))
                .getCode())
        .isEqualTo(Code.UNKNOWN_SESSION);
    fixture.commit(1, 0, "b");
  }

  /** As when a node dies that has forwarded the votes of its clients. */
  @Test
  void vote_connectionLost_locksAreFreeAMomentLater() throws Exception {
    ManagedChannel node = fixture.newChannel();
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    var voted =
        ObjectStoreGrpc.newBlockingStub(node)
            .vote(VoteRequest.newBuilder().setTransaction(request).build());
    assertThat(voted.getLeaseMs()).isPositive();

    node.shutdownNow();
    assertThat(node.awaitTermination(20, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Long> other = CompletableFuture.supplyAsync(() -> fixture.commit(1, 0, "b"));
    long leaseEnd = fixture.service.timer.nanoTime() + voted.getLeaseMs() * 1_000_000L;
    Awaitility.await()
        .until(
            () -> {
              fixture.service.timer.advance(Duration.ofMillis(100));
              return other.isDone();
            });
    assertThat(other.join()).isPositive();
    assertThat(fixture.service.timer.nanoTime()).isLessThan(leaseEnd);
  }

  @Test
  void vote_conflict_isAborted() {
    long first = fixture.commit(1, 0, "a");
    fixture.commit(1, first, "b");
    VoteRequest vote =
        VoteRequest.newBuilder()
            .setTransaction(
                fixture.transaction().addWrites(write(1, first, "c")).setConflictData(true))
            .build();
    ErrorDetail detail = error(() -> fixture.store().vote(vote));
    assertThat(detail.getCode()).isEqualTo(Code.CONFLICT);
    assertThat(detail.getConflicts(0).getCurrentData().toStringUtf8()).isEqualTo("b");
  }

  @Test
  void commit_lockedBeyondItsDeadline_failsByThen() {
    CommitRequest request = fixture.transaction().addWrites(write(1, 0, "a")).build();
    fixture.store().vote(VoteRequest.newBuilder().setTransaction(request).build());
    CompletableFuture<ErrorDetail> waiting =
        CompletableFuture.supplyAsync(
            () -> error(() -> fixture.commit(1, 0, "b")), task -> new Thread(task).start());
    Awaitility.await().until(() -> fixture.service.timer.pending() > 2);
    fixture.service.timer.advance(Duration.ofSeconds(20));
    assertThat(waiting)
        .succeedsWithin(Duration.ofMinutes(1))
        .extracting(ErrorDetail::getCode)
        .isEqualTo(Code.LOCK_TIMEOUT);
  }
}
