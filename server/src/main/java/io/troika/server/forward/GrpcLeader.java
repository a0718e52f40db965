package io.troika.server.forward;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AbortRequest;
import io.troika.api.v1.AbortResponse;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.AllocateOidsResponse;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.CreateStorageResponse;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackResponse;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.VoteResponse;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.leader.LeaderCalls;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** One node that is taken for the leader, over gRPC. */
final class GrpcLeader implements LeaderCalls {
  private final ManagedChannel channel;
  private final String nodeId;

  /**
   * Over that channel.
   *
   * @param nodeId this node, which waits for what is committed
   */
  GrpcLeader(ManagedChannel channel, String nodeId) {
    this.channel = channel;
    this.nodeId = nodeId;
  }

  @Override
  public CompletableFuture<Tid> newestTid(String storage, Duration patience) {
    BeginRequest request =
        BeginRequest.newBuilder().setStorage(storage).setFreshness(Freshness.LINEARIZABLE).build();
    return ask(
        observer -> stub(patience).begin(request, observer),
        (BeginResponse response) -> new Tid(response.getTid()));
  }

  @Override
  public CompletableFuture<VoteAnswer> vote(
      String storage, ExpectedHistory history, TransactionRequest request, Duration patience) {
    VoteRequest message = ToMessages.vote(storage, history, request);
    return RefusedOutcome.recover(
        ask(
            observer -> stub(patience).vote(message, observer),
            (VoteResponse response) ->
                new VoteAnswer.Voted(Duration.ofMillis(response.getLeaseMs()), response.getTerm())),
        VoteAnswer.Refused::new);
  }

  @Override
  public CompletableFuture<TransactionOutcome> finish(
      String storage, TransactionId id, Duration patience) {
    FinishRequest request =
        FinishRequest.newBuilder()
            .setId(ToMessages.id(id))
            .setWaitingFollower(nodeId)
            .setStorage(storage)
            .build();
    return outcome(observer -> stub(patience).finish(request, observer));
  }

  @Override
  public CompletableFuture<TransactionOutcome> commit(
      String storage, ExpectedHistory history, TransactionRequest request, Duration patience) {
    CommitRequest message =
        ToMessages.commit(storage, history, request).setWaitingFollower(nodeId).build();
    return outcome(observer -> stub(patience).commit(message, observer));
  }

  @Override
  public CompletableFuture<TransactionOutcome> restore(
      String storage, RestoreTransactions command, Duration patience) {
    RestoreRequest message =
        ToMessages.restore(storage, command).setWaitingFollower(nodeId).build();
    return outcome(observer -> stub(patience).restore(message, observer));
  }

  private static CompletableFuture<TransactionOutcome> outcome(
      Consumer<StreamObserver<CommitResponse>> call) {
    return RefusedOutcome.recover(
        ask(call, response -> new Committed(new Tid(response.getTid()))), refused -> refused);
  }

  @Override
  public CompletableFuture<Void> abort(String storage, TransactionId id, Duration patience) {
    AbortRequest request =
        AbortRequest.newBuilder().setId(ToMessages.id(id)).setStorage(storage).build();
    return ask(
        observer -> stub(patience).abort(request, observer), (AbortResponse response) -> null);
  }

  @Override
  public CompletableFuture<Void> abandon(String storage, TransactionId id, Duration patience) {
    GetOutcomeRequest request =
        GetOutcomeRequest.newBuilder()
            .setId(ToMessages.id(id))
            .setAbandon(true)
            .setStorage(storage)
            .build();
    return ask(
        observer -> stub(patience).getOutcome(request, observer),
        (GetOutcomeResponse response) -> null);
  }

  @Override
  public CompletableFuture<BlobReference> stage(
      String storage, BlobChunk chunk, Duration patience) {
    return ask(
        observer -> stub(patience).stageChunk(ToMessages.stage(storage, chunk), observer),
        (StageChunkResponse response) -> {
          StagedBlob staged = response.getStaged();
          return new BlobReference(
              chunk.blob(),
              staged.getLength(),
              staged.getChunkBytes(),
              Bytes.wrap(staged.getDigest().toByteArray()));
        });
  }

  @Override
  public CompletableFuture<OidsAllocated> allocateOids(
      String storage, int count, Duration patience) {
    AllocateOidsRequest request =
        AllocateOidsRequest.newBuilder().setStorage(storage).setCount(count).build();
    return ask(
        observer -> stub(patience).allocateOids(request, observer),
        (AllocateOidsResponse response) ->
            new OidsAllocated(new Oid(response.getFirst()), response.getCount()));
  }

  @Override
  public CompletableFuture<Tid> pack(
      String storage, Tid horizon, boolean collectGarbage, String by, Duration patience) {
    PackRequest request =
        PackRequest.newBuilder()
            .setStorage(storage)
            .setHorizon(horizon.value())
            .setKeepGarbage(!collectGarbage)
            .setBy(by)
            .build();
    return ask(
        observer ->
            AdminGrpc.newStub(channel)
                .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
                .pack(request, observer),
        (PackResponse response) ->
            response.getStatus().getRunning()
                ? new Tid(response.getStatus().getHorizon())
                : Tid.NONE);
  }

  @Override
  public CompletableFuture<Void> createStorage(String name, Duration patience) {
    CreateStorageRequest request = CreateStorageRequest.newBuilder().setName(name).build();
    return ask(
        observer ->
            AdminGrpc.newStub(channel)
                .withDeadlineAfter(patience.toNanos(), NANOSECONDS)
                .createStorage(request, observer),
        (CreateStorageResponse response) -> null);
  }

  private ObjectStoreGrpc.ObjectStoreStub stub(Duration patience) {
    return ObjectStoreGrpc.newStub(channel).withDeadlineAfter(patience.toNanos(), NANOSECONDS);
  }

  /** Makes a unary call; the future fails with the service's own exceptions. */
  private static <R, T> CompletableFuture<T> ask(
      Consumer<StreamObserver<R>> call, Function<R, T> reading) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    call.accept(
        new StreamObserver<>() {
          @Override
          public void onNext(R response) {
            answer.complete(reading.apply(response));
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(FromStatus.exception(failure));
          }

          @Override
          public void onCompleted() {
            if (!answer.isDone()) { // else each answer would cost an exception with its stack
              answer.completeExceptionally(
                  FromStatus.exception(new IllegalStateException("it ended without an answer")));
            }
          }
        });
    return answer;
  }
}
