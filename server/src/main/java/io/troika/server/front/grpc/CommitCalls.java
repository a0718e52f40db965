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
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.commit.JointRequest;
import io.troika.server.service.commit.NextTry;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.reads.ReadService;
import io.troika.server.service.refusals.HistoryReplacedException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Changes: commit in one or two phases, outcomes, oid blocks, copies. */
final class CommitCalls {
  private final StoreGroups groups;
  private final Executor pool;
  private final AtomicLong assemblyBudgetBytes = new AtomicLong(CommitAssembly.BUDGET_BYTES);

  /**
   * @param pool for the data that conflicts carry
   */
  CommitCalls(StoreGroups groups, Executor pool) {
    this.pool = pool;
    this.groups = groups;
  }

  void commit(CommitRequest request, StreamObserver<CommitResponse> observer) {
    Calls.ignoreCancellation(observer);
    commit(new CommitParts(request), observer);
  }

  /** Also the end of a stream of parts. */
  void commit(CommitParts parts, StreamObserver<CommitResponse> observer) {
    Calls.answerLater(
        observer,
        () -> {
          StoreService service = groups.of(parts.storage());
          return service
              .transactions()
              .commit(toRequest(service, parts), Calls.patience())
              .whenComplete((outcome, failure) -> tell(service, parts.waitingFollower()))
              .thenCompose(
                  outcome ->
                      onPoolIf(outcome instanceof Conflict && parts.conflictData(), outcome));
        },
        outcome ->
            commitResponse(groups.of(parts.storage()), outcome, parts.id(), currentData(parts)),
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
            kind, this, observer, groups.main().transactionBytesMax(), assemblyBudgetBytes);
    // A part that access is refused for ends the call without a word to the assembly.
    ((ServerCallStreamObserver<?>) observer).setOnCloseHandler(assembly::end);
    return assembly;
  }

  /** The end of a stream of parts of several storages. */
  void commitTogether(List<CommitParts> shares, StreamObserver<CommitResponse> observer) {
    CommitParts first = shares.get(0);
    Calls.answerLater(
        observer,
        () -> {
          // One entry of one log says all of it.
          StoreService service = groups.ofAll(shares.stream().map(CommitParts::storage).toList());
          return service
              .transactions()
              .commit(
                  new JointRequest(
                      shares.stream().map(share -> toRequest(service, share)).toList()),
                  Calls.patience())
              .thenCompose(
                  outcome ->
                      onPoolIf(outcome instanceof Conflict && first.conflictData(), outcome));
        },
        outcome ->
            commitResponse(groups.of(first.storage()), outcome, first.id(), currentData(first)),
        failure -> ErrorMapping.toStatus(failure, first.id()));
  }

  private static TransactionRequest toRequest(StoreService service, CommitParts parts) {
    return parts.toRequest(service.storageToChange(parts.storage(), parts.history()).id());
  }

  void vote(VoteRequest request, StreamObserver<VoteResponse> observer) {
    CommitParts parts = new CommitParts(request.getTransaction());
    NextTry nextTry = FromProto.nextTry(request);
    Calls.answer(
        observer,
        () -> {
          StoreService service = groups.of(parts.storage());
          return service
              .transactions()
              .vote(
                  toRequest(service, parts).with(nextTry),
                  Calls.patience(),
                  VotingConnections.present())
              .thenCompose(
                  answer ->
                      onPoolIf(
                          answer instanceof VoteAnswer.Refused && parts.conflictData(), answer));
        },
        answer -> voteResponse(answer, parts),
        failure -> ErrorMapping.toStatus(failure, parts.id()));
  }

  private VoteResponse voteResponse(VoteAnswer answer, CommitParts parts) {
    if (answer instanceof VoteAnswer.Refused refused) {
      throw ErrorMapping.toStatus(
          refused.outcome(),
          parts.id(),
          groups.of(parts.storage()).reads()::nameOf,
          currentData(parts));
    }
    VoteAnswer.Voted voted = (VoteAnswer.Voted) answer;
    return VoteResponse.newBuilder()
        .setLeaseMs(voted.lease().toMillis())
        .setTerm(voted.term())
        .build();
  }

  private static void tell(StoreService service, String waitingFollower) {
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
    answerCommit(
        observer,
        id,
        request.getStorage(),
        request.getWaitingFollower(),
        service -> service.transactions().finish(id));
  }

  void abort(AbortRequest request, StreamObserver<AbortResponse> observer) {
    Calls.answerNow(
        observer,
        () -> {
          groups
              .of(request.getStorage())
              .transactions()
              .abort(FromProto.transactionId(request.hasId(), request.getId()));
          return AbortResponse.getDefaultInstance();
        });
  }

  void restore(RestoreRequest request, StreamObserver<CommitResponse> observer) {
    answerCommit(
        observer,
        FromProto.transactionId(request.hasId(), request.getId()),
        request.getStorage(),
        request.getWaitingFollower(),
        service ->
            service
                .transactions()
                .restore(
                    FromProto.restore(request, service.storageToChange(request.getStorage()).id()),
                    Calls.patience()));
  }

  /** By what becomes of the transaction, of which the follower hears that waits for it. */
  private void answerCommit(
      StreamObserver<CommitResponse> observer,
      TransactionId id,
      String storage,
      String waitingFollower,
      Function<StoreService, CompletableFuture<TransactionOutcome>> call) {
    Calls.answer(
        observer,
        () -> {
          StoreService service = groups.of(storage);
          return call.apply(service)
              .whenComplete((outcome, failure) -> tell(service, waitingFollower));
        },
        outcome -> commitResponse(groups.of(storage), outcome, id, null),
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
          StoreService service = groups.of(request.getStorage());
          StorageId storage = service.storageToChange(request.getStorage()).id();
          return service.transactions().allocateOids(storage, count);
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
            asked(request)
                .transactions()
                .outcome(
                    FromProto.transactionId(request.hasId(), request.getId()),
                    request.getAbandon()),
        outcome -> outcomeResponse(asked(request), outcome));
  }

  private StoreService asked(GetOutcomeRequest request) {
    return request.getGroup().isEmpty()
        ? groups.of(request.getStorage())
        : groups.group(request.getGroup());
  }

  private static GetOutcomeResponse outcomeResponse(
      StoreService service, @Nullable TransactionOutcome outcome) {
    Function<StorageId, String> names = service.reads()::nameOf;
    GetOutcomeResponse.Builder response = GetOutcomeResponse.newBuilder();
    if (outcome == null) {
      response.setOutcome(GetOutcomeResponse.Outcome.NOT_SEEN);
    } else if (outcome instanceof Committed committed) {
      response.setOutcome(GetOutcomeResponse.Outcome.COMMITTED).setTid(committed.tid().value());
    } else if (outcome instanceof Conflict conflict) {
      response.setOutcome(GetOutcomeResponse.Outcome.CONFLICTED);
      conflict
          .conflicts()
          .forEach(each -> response.addConflicts(ToProto.conflict(each, names, null)));
    } else if (outcome instanceof UndoConflict conflict) {
      response.setOutcome(GetOutcomeResponse.Outcome.UNDO_BLOCKED);
      conflict
          .obstacles()
          .forEach(each -> response.addUndoObstacles(ToProto.undoObstacle(each, names)));
    } else if (outcome instanceof Rejected rejected) {
      response.setOutcome(GetOutcomeResponse.Outcome.REJECTED).setMessage(rejected.message());
    } else {
      Checks.checkInvariant(outcome instanceof Abandoned, "unknown outcome %s", outcome);
      response.setOutcome(GetOutcomeResponse.Outcome.ABANDONED);
    }
    return response.build();
  }

  /** The answer to a commit, or the status that says why there is none. */
  private static CommitResponse commitResponse(
      StoreService service,
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
    throw ErrorMapping.toStatus(outcome, id, service.reads()::nameOf, currentData);
  }

  /** Reads what is committed of an object, if the client wants to know. */
  private @Nullable Function<ObjectConflict, @Nullable Bytes> currentData(CommitParts parts) {
    if (!parts.conflictData()) {
      return null;
    }
    ReadService reads = groups.of(parts.storage()).reads();
    return conflict ->
        reads.loadSerialNow(
                    conflict.storage() == null ? parts.storage() : reads.nameOf(conflict.storage()),
                    conflict.oid(),
                    conflict.serialCurrent())
                instanceof Found found
            ? found.revision().data()
            : null;
  }
}
