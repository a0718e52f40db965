package io.troika.server.front.grpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AbortRequest;
import io.troika.api.v1.AbortResponse;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.AllocateOidsResponse;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.VoteResponse;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Checks;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.service.HistoryReplacedException;
import io.troika.server.service.JointRequest;
import io.troika.server.service.StoreService;
import io.troika.server.service.TransactionRequest;
import io.troika.server.service.TransactionService;
import io.troika.server.service.VoteAnswer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Changes: commit in one or two phases, outcomes, oid blocks, copies. */
final class CommitCalls {
  private final StoreService service;
  private final TransactionService transactions;
  private final Executor pool;
  private final AtomicLong assemblyBudgetBytes = new AtomicLong(CommitAssembly.BUDGET_BYTES);

  /**
   * @param pool for the data that conflicts carry
   */
  CommitCalls(StoreService service, Executor pool) {
    this.pool = pool;
    this.service = service;
    this.transactions = service.transactions();
  }

  void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    Calls.ignoreCancellation(observer);
    commit(new CommitParts(request), observer);
  }

  /** Also the end of a stream of parts. */
  void commit(CommitParts parts, StreamObserver<CommitResponse> observer) {
    Calls.answerLater(
        observer,
        () ->
            transactions
                .commit(toRequest(parts), Calls.patience())
                .whenComplete((outcome, failure) -> tell(parts.waitingFollower()))
                .thenCompose(
                    outcome ->
                        onPoolIf(outcome instanceof Conflict && parts.conflictData(), outcome)),
        outcome -> commitResponse(outcome, parts.id(), currentData(parts)),
        failure -> ErrorMapping.toStatus(failure, parts.id()));
  }

  StreamObserver<CommitRequest> commitStream(StreamObserver<CommitResponse> observer) {
    return assembly(CommitAssembly.Kind.ONE_STORAGE, observer);
  }

  StreamObserver<CommitRequest> commitTogether(StreamObserver<CommitResponse> observer) {
    return assembly(CommitAssembly.Kind.SEVERAL_STORAGES, observer);
  }

  private CommitAssembly assembly(
      CommitAssembly.Kind kind, StreamObserver<CommitResponse> observer) {
    Calls.ignoreCancellation(observer);
    CommitAssembly assembly =
        new CommitAssembly(
            kind, this, observer, service.transactionBytesMax(), assemblyBudgetBytes);
    // A part that access is refused for ends the call without a word to the assembly.
    ((ServerCallStreamObserver<?>) observer).setOnCloseHandler(assembly::end);
    return assembly;
  }

  /** The end of a stream of parts of several storages. */
  void commitTogether(List<CommitParts> shares, StreamObserver<CommitResponse> observer) {
    CommitParts first = shares.get(0);
    Calls.answerLater(
        observer,
        () ->
            transactions
                .commit(
                    new JointRequest(shares.stream().map(this::toRequest).toList()),
                    Calls.patience())
                .thenCompose(
                    outcome ->
                        onPoolIf(outcome instanceof Conflict && first.conflictData(), outcome)),
        outcome -> commitResponse(outcome, first.id(), currentData(first)),
        failure -> ErrorMapping.toStatus(failure, first.id()));
  }

  private TransactionRequest toRequest(CommitParts parts) {
    return parts.toRequest(service.storageToChange(parts.storage(), parts.history()).id());
  }

  void vote(VoteRequest request, StreamObserver<VoteResponse> observer) {
    CommitParts parts = new CommitParts(request.getTransaction());
    Calls.answer(
        observer,
        () ->
            transactions
                .vote(toRequest(parts), Calls.patience(), VotingConnections.present())
                .thenCompose(
                    answer ->
                        onPoolIf(
                            answer instanceof VoteAnswer.Refused && parts.conflictData(), answer)),
        answer -> voteResponse(answer, parts),
        failure -> ErrorMapping.toStatus(failure, parts.id()));
  }

  private VoteResponse voteResponse(VoteAnswer answer, CommitParts parts) {
    if (answer instanceof VoteAnswer.Refused refused) {
      throw ErrorMapping.toStatus(refused.outcome(), parts.id(), this::nameOf, currentData(parts));
    }
    VoteAnswer.Voted voted = (VoteAnswer.Voted) answer;
    return VoteResponse.newBuilder()
        .setLeaseMs(voted.lease().toMillis())
        .setTerm(voted.term())
        .build();
  }

  private void tell(String waitingFollower) {
    if (!waitingFollower.isEmpty()) {
      service.tellFollower(waitingFollower);
    }
  }

  /** Data is read for the answer: not on the log's thread. */
  private <T> CompletableFuture<T> onPoolIf(boolean reads, T answer) {
    return reads
        ? CompletableFuture.supplyAsync(() -> answer, pool)
        : CompletableFuture.completedFuture(answer);
  }

  void finish(FinishRequest request, StreamObserver<CommitResponse> observer) {
    TransactionId id = FromProto.transactionId(request.hasId(), request.getId());
    Calls.answer(
        observer,
        () ->
            transactions
                .finish(id)
                .whenComplete((outcome, failure) -> tell(request.getWaitingFollower())),
        outcome -> commitResponse(outcome, id, null),
        failure -> ErrorMapping.toStatus(failure, id));
  }

  void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
    Calls.answerNow(
        observer,
        () -> {
          transactions.abort(FromProto.transactionId(request.hasId(), request.getId()));
          return AbortResponse.getDefaultInstance();
        });
  }

  void restore(RestoreRequest request, StreamObserver<CommitResponse> observer) {
    TransactionId id = FromProto.transactionId(request.hasId(), request.getId());
    Calls.answer(
        observer,
        () ->
            transactions
                .restore(
                    FromProto.restore(request, storageToChange(request.getStorage())),
                    Calls.patience())
                .whenComplete((outcome, failure) -> tell(request.getWaitingFollower())),
        outcome -> commitResponse(outcome, id, null),
        failure -> ErrorMapping.toStatus(failure, id));
  }

  void allocateOids(AllocateOidsRequest request, StreamObserver<AllocateOidsResponse> observer) {
    Calls.answer(
        observer,
        () -> {
          int count = request.getCount();
          Checks.requireArgument(
              count >= 1 && count <= AllocateOids.COUNT_MAX,
              "count %s: expected 1 to %s",
              Integer.toUnsignedString(count),
              AllocateOids.COUNT_MAX);
          return transactions.allocateOids(storageToChange(request.getStorage()), count);
        },
        block ->
            AllocateOidsResponse.newBuilder()
                .setFirst(block.first().value())
                .setCount(block.count())
                .build());
  }

  void getOutcome(GetOutcomeRequest request, StreamObserver<GetOutcomeResponse> observer) {
    Calls.<@Nullable TransactionOutcome, GetOutcomeResponse>answer(
        observer,
        () ->
            transactions.outcome(
                FromProto.transactionId(request.hasId(), request.getId()), request.getAbandon()),
        this::outcomeResponse);
  }

  private GetOutcomeResponse outcomeResponse(@Nullable TransactionOutcome outcome) {
    GetOutcomeResponse.Builder response = GetOutcomeResponse.newBuilder();
    if (outcome == null) {
      response.setOutcome(GetOutcomeResponse.Outcome.NOT_SEEN);
    } else if (outcome instanceof Committed committed) {
      response.setOutcome(GetOutcomeResponse.Outcome.COMMITTED).setTid(committed.tid().value());
    } else if (outcome instanceof Conflict conflict) {
      response.setOutcome(GetOutcomeResponse.Outcome.CONFLICTED);
      conflict
          .conflicts()
          .forEach(each -> response.addConflicts(ToProto.conflict(each, this::nameOf, null)));
    } else if (outcome instanceof UndoConflict conflict) {
      response.setOutcome(GetOutcomeResponse.Outcome.UNDO_BLOCKED);
      conflict
          .obstacles()
          .forEach(each -> response.addUndoObstacles(ToProto.undoObstacle(each, this::nameOf)));
    } else if (outcome instanceof Rejected rejected) {
      response.setOutcome(GetOutcomeResponse.Outcome.REJECTED).setMessage(rejected.message());
    } else {
      Checks.checkInvariant(outcome instanceof Abandoned, "unknown outcome %s", outcome);
      response.setOutcome(GetOutcomeResponse.Outcome.ABANDONED);
    }
    return response.build();
  }

  /** The answer to a commit, or the status that says why there is none. */
  private CommitResponse commitResponse(
      TransactionOutcome outcome,
      TransactionId id,
      @Nullable Function<ObjectConflict, @Nullable Bytes> currentData)
      throws StatusRuntimeException {
    if (outcome instanceof Committed committed) {
      return CommitResponse.newBuilder()
          .setTid(committed.tid().value())
          .setTerm(service.leadership().term())
          .build();
    }
    if (outcome instanceof Rejected rejected
        && rejected.reason() == Rejected.Reason.UNKNOWN_STORAGE) {
      // It was there when the call came.
      throw ErrorMapping.toStatus(
          new HistoryReplacedException("the storage was replaced or dropped meanwhile"), id);
    }
    throw ErrorMapping.toStatus(outcome, id, this::nameOf, currentData);
  }

  /** Reads what is committed of an object, if the client wants to know. */
  private @Nullable Function<ObjectConflict, @Nullable Bytes> currentData(CommitParts parts) {
    if (!parts.conflictData()) {
      return null;
    }
    return conflict ->
        service
                    .reads()
                    .loadSerialNow(
                        conflict.storage() == null ? parts.storage() : nameOf(conflict.storage()),
                        conflict.oid(),
                        conflict.serialCurrent())
                instanceof Found found
            ? found.revision().data()
            : null;
  }

  private String nameOf(StorageId storage) {
    return service.reads().nameOf(storage);
  }

  private StorageId storageToChange(String name) {
    return service.storageToChange(name).id();
  }
}
