package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static io.troika.server.front.grpc.FrontFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreBlockingStub;
import io.troika.api.v1.VoteRequest;
import io.troika.server.access.AccessControl;
import io.troika.server.config.SecurityConfig;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.Leadership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that a follower passes on to the leader, because its client asks for it. */
@Timeout(300)
class PassOnTest {
  private static final String LEADER = "n2.example:7400";

  private final FrontFixture leader = new FrontFixture();
  private final ServiceFixture service = new ServiceFixture();
  private final List<String> connected = new ArrayList<>();
  private final CompletableFuture<String> cancelled = new CompletableFuture<>();
  private final FrontFixture follower =
      new FrontFixture(service, AccessControl.OPEN, this::connect, null);

  private Channel connect(String address) {
    connected.add(address);
    return ClientInterceptors.intercept(leader.channel, new Cancellations());
  }

  /** Of what is sent to the leader. */
  private final class Cancellations implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {
          cancelled.complete(method.getBareMethodName());
          super.cancel(message, cause);
        }
      };
    }
  }

  @BeforeEach
  void follow() {
    service.log.changeSilently(new Leadership(2, "n2", LEADER, false));
  }

  @AfterEach
  void close() {
    follower.close();
    leader.close();
  }

  private static Metadata headers(String group) {
    Metadata headers = new Metadata();
    headers.put(PassOnInterceptor.KEY, group);
    return headers;
  }

  private ObjectStoreBlockingStub passingOn() {
    return passingOn(follower, "g0");
  }

  private static ObjectStoreBlockingStub passingOn(FrontFixture node, String group) {
    return ObjectStoreGrpc.newBlockingStub(node.channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers(group)))
        .withDeadlineAfter(2, TimeUnit.MINUTES);
  }

  @Test
  void commit_asked_isDoneByTheLeader() {
    long tid =
        passingOn().commit(follower.transaction().addWrites(write(1, 0, "a")).build()).getTid();

    assertThat(leader.load(1, tid).getTid()).isEqualTo(tid);
    assertThat(connected).containsExactly(LEADER);
  }

  @Test
  void commit_notAsked_isRefusedWithTheLeadersAddress() {
    CommitRequest request = follower.transaction().addWrites(write(1, 0, "a")).build();
    ErrorDetail detail = error(() -> follower.store().commit(request));

    assertThat(detail.getCode()).isEqualTo(Code.NOT_LEADER);
    assertThat(detail.getLeader().getClientAddress()).isEqualTo(LEADER);
    assertThat(connected).isEmpty();
  }

  @Test
  void commit_conflict_isAnsweredAsTheLeaderSaysIt() {
    long first = leader.commit(1, 0, "a");
    long second = leader.commit(1, first, "b");
    CommitRequest stale = leader.transaction().addWrites(write(1, first, "c")).build();

    ErrorDetail detail = error(() -> passingOn().commit(stale));
    assertThat(detail.getCode()).isEqualTo(Code.CONFLICT);
    assertThat(detail.getConflicts(0).getSerialCurrent()).isEqualTo(second);
    assertThat(detail.getTransaction()).isEqualTo(stale.getId());
  }

  @Test
  void commit_leaderNotKnown_isRefused() {
    service.log.changeSilently(Leadership.unknown("g0", 3));

    ErrorDetail detail = error(() -> passingOn().commit(follower.transaction().build()));
    assertThat(detail.getCode()).isEqualTo(Code.NOT_LEADER);
    assertThat(connected).isEmpty();
  }

  @Test
  void commit_thisNodeLeads_isDoneHere() {
    service.log.changeSilently(new Leadership(3, "n1", "n1.example:7400", true));
    CommitRequest request = follower.transaction().addWrites(write(1, 0, "a")).build();

    assertThat(passingOn().commit(request).getTid()).isPositive();
    assertThat(connected).isEmpty();
  }

  @Test
  void commit_leadersConnectionBreaks_outcomeIsUnknown() {
    leader.channel.shutdownNow();

    ErrorDetail detail = error(() -> passingOn().commit(follower.transaction().build()));
    assertThat(detail.getCode()).isEqualTo(Code.OUTCOME_UNKNOWN);
    assertThat(detail.getMessage()).contains("n2 at " + LEADER);
  }

  @Test
  void commit_groupThatIsNotHere_isRefused() {
    ErrorDetail detail =
        error(() -> passingOn(follower, "g7").commit(follower.transaction().build()));
    assertThat(detail.getCode()).isEqualTo(Code.LAGGING);
    assertThat(detail.getMessage()).contains("g7");
  }

  /** It is tied to the connection of its client, and there is none at the leader. */
  @Test
  void vote_asked_isRefused() {
    VoteRequest request =
        VoteRequest.newBuilder().setTransaction(follower.transaction().build()).build();

    assertThat(error(() -> passingOn().vote(request)).getCode()).isEqualTo(Code.NOT_LEADER);
    assertThat(connected).isEmpty();
  }

  @Test
  void commit_callerMayNot_leaderHearsNothing() {
    ServiceFixture guarded = new ServiceFixture();
    guarded.log.changeSilently(new Leadership(2, "n2", LEADER, false));
    AccessControl access =
        new AccessControl(
            SecurityConfig.DEFAULT.requiringAccess(List.of()), guarded.store::access, () -> 1);
    try (FrontFixture strict = new FrontFixture(guarded, access, this::connect, null)) {
      CommitRequest request = strict.transaction().addWrites(write(1, 0, "a")).build();

      assertThat(error(() -> passingOn(strict, "g0").commit(request)).getCode())
          .isEqualTo(Code.UNAUTHENTICATED);
      assertThat(leader.service.log.submittedCount()).isZero();
    }
  }

  @Test
  void commitStream_manyParts_allArrive() throws Exception {
    CompletableFuture<CommitResponse> answer = new CompletableFuture<>();
    StreamObserver<CommitRequest> parts =
        ObjectStoreGrpc.newStub(follower.channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers("g0")))
            .withDeadlineAfter(2, TimeUnit.MINUTES)
            .commitStream(
                new StreamObserver<>() {
                  @Override
                  public void onNext(CommitResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    parts.onNext(follower.transaction().build());
    for (int oid = 1; oid <= 50; oid++) {
      parts.onNext(CommitRequest.newBuilder().addWrites(write(oid, 0, "x".repeat(5_000))).build());
    }
    parts.onCompleted();

    long tid = answer.get(2, TimeUnit.MINUTES).getTid();
    assertThat(leader.load(50, tid).getTid()).isEqualTo(tid);
  }

  @Test
  void streamOfAnswers_moreThanAConnectionHoldsAtOnce_isWhole() {
    String large = "x".repeat(500_000);
    long tid = 0;
    List<Long> oids = new ArrayList<>();
    for (long oid = 1; oid <= 20; oid++) {
      tid = leader.commit(oid, 0, large);
      oids.add(oid);
    }
    LoadManyRequest request =
        LoadManyRequest.newBuilder().setStorage("main").setAt(tid).addAllOids(oids).build();

    Iterator<LoadedObject> objects = passingOn().loadStream(request);
    List<Integer> sizes = new ArrayList<>();
    objects.forEachRemaining(object -> sizes.add(object.getData().size()));
    assertThat(sizes).hasSize(20).containsOnly(large.length());
  }

  @Test
  void call_givenUpByItsClient_isGivenUpAtTheLeader() {
    leader.service.log.hold();
    CommitRequest request = follower.transaction().addWrites(write(1, 0, "a")).build();
    ListenableFuture<CommitResponse> answer =
        ObjectStoreGrpc.newFutureStub(follower.channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers("g0")))
            .commit(request);
    await().until(() -> leader.service.log.heldCount() == 1);
    assertThat(cancelled).isNotDone();

    assertThat(answer.cancel(true)).isTrue();

    assertThat(cancelled).succeedsWithin(Duration.ofMinutes(2)).isEqualTo("Commit");
    leader.service.log.release();
  }
}
