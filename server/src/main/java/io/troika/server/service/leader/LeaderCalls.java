package io.troika.server.service.leader;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * What only the leader can answer, asked of one node once: here if it is this node, else over the
 * network. Storages go by name, since that is what travels.
 *
 * <p>Futures fail with the exceptions of {@code TransactionService}, wherever the leader is; a
 * connection that breaks is an {@code OutcomeUnknownException}. Each is answered within about
 * {@code patience}. Nothing here blocks. Safe for any thread.
 */
public interface LeaderCalls {

  /** The newest transaction of a storage, linearizable. */
  CompletableFuture<Tid> newestTid(String storage, Duration patience);

  /**
   * First phase; see {@code TransactionService#vote}.
   *
   * @param history of the storage that the request means, since another one may have its name by
   *     now; fails with {@code HistoryReplacedException} then
   */
  CompletableFuture<VoteAnswer> vote(
      String storage, ExpectedHistory history, TransactionRequest request, Duration patience);

  /** Second phase; see {@code TransactionService#finish}. */
  CompletableFuture<TransactionOutcome> finish(String storage, TransactionId id, Duration patience);

  /**
   * Both phases, or the second one of what was voted; see {@code TransactionService#commit}.
   *
   * @param history as for {@link #vote}
   */
  CompletableFuture<TransactionOutcome> commit(
      String storage, ExpectedHistory history, TransactionRequest request, Duration patience);

  /** Copies transactions; see {@code TransactionService#restore}. */
  CompletableFuture<TransactionOutcome> restore(
      String storage, RestoreTransactions command, Duration patience);

  /** Gives back the locks of a voted transaction. */
  CompletableFuture<Void> abort(String storage, TransactionId id, Duration patience);

  /** Lets a transaction never commit; see {@code TransactionService#outcome}. */
  CompletableFuture<Void> abandon(String storage, TransactionId id, Duration patience);

  /** Stages one chunk; see {@code BlobService#stage}. */
  CompletableFuture<BlobReference> stage(String storage, BlobChunk chunk, Duration patience);

  /** Takes a block of oids; see {@code TransactionService#allocateOids}. */
  CompletableFuture<OidsAllocated> allocateOids(String storage, int count, Duration patience);

  /**
   * Begins a pack; see {@code PackService#start}.
   *
   * @param by who asks, in words
   * @return the horizon of the pack that is running now, or {@link Tid#NONE}: there is nothing to
   *     do
   */
  CompletableFuture<Tid> pack(
      String storage, Tid horizon, boolean collectGarbage, String by, Duration patience);

  /** Creates a storage, or does nothing if there is one of that name. */
  CompletableFuture<Void> createStorage(String name, Duration patience);

  /** How to reach the leader when it is another node. */
  @FunctionalInterface
  interface Remote {
    /** Calls to the node with this client address, {@code host:port}. */
    LeaderCalls at(String clientAddress);
  }
}
