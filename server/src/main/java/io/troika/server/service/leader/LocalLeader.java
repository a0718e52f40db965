package io.troika.server.service.leader;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.StoreService;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.reads.ReadService.Freshness;
import io.troika.server.service.reads.ReadService.ReadView;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The leader's calls on this node. Requests name their storage by its id, which is never reused.
 */
final class LocalLeader implements LeaderCalls {
  private final StoreService service;

  LocalLeader(StoreService service) {
    this.service = service;
  }

  @Override
  public CompletableFuture<Tid> newestTid(String storage, Duration patience) {
    return service
        .reads()
        .begin(storage, Freshness.LINEARIZABLE, Tid.NONE, patience)
        .thenApply(ReadView::tid);
  }

  @Override
  public CompletableFuture<VoteAnswer> vote(
      String storage, ExpectedHistory history, TransactionRequest request, Duration patience) {
    return service.transactions().vote(request, patience);
  }

  @Override
  public CompletableFuture<TransactionOutcome> finish(
      String storage, TransactionId id, Duration patience) {
    return service.transactions().finish(id);
  }

  @Override
  public CompletableFuture<TransactionOutcome> commit(
      String storage, ExpectedHistory history, TransactionRequest request, Duration patience) {
    return service.transactions().commit(request, patience);
  }

  @Override
  public CompletableFuture<TransactionOutcome> restore(
      String storage, RestoreTransactions command, Duration patience) {
    return service.transactions().restore(command, patience);
  }

  @Override
  public CompletableFuture<Void> abort(String storage, TransactionId id, Duration patience) {
    service.transactions().abort(id);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Void> abandon(String storage, TransactionId id, Duration patience) {
    return service.transactions().outcome(id, true).thenApply(outcome -> null);
  }

  @Override
  public CompletableFuture<BlobReference> stage(
      String storage, BlobChunk chunk, Duration patience) {
    return guarded(() -> service.blobs().stage(service.storageToChange(storage).id(), chunk));
  }

  @Override
  public CompletableFuture<OidsAllocated> allocateOids(
      String storage, int count, Duration patience) {
    return guarded(
        () -> service.transactions().allocateOids(service.storageToChange(storage).id(), count));
  }

  @Override
  public CompletableFuture<Tid> pack(
      String storage, Tid horizon, boolean collectGarbage, String by, Duration patience) {
    return guarded(
        () ->
            service
                .packs()
                .start(service.storageToChange(storage).id(), horizon, collectGarbage, by)
                .thenApply(state -> state.isRunning() ? state.horizon() : Tid.NONE));
  }

  @Override
  public CompletableFuture<Void> createStorage(String name, Duration patience) {
    return guarded(() -> service.transactions().createStorage(name).thenApply(created -> null));
  }

  private static <T> CompletableFuture<T> guarded(Supplier<CompletableFuture<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
