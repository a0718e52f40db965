package io.troika.server.service.leader;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.StoreService;
import io.troika.server.service.blobs.BlobUpload;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What only the leader can answer, asked on any node: of whoever leads, again when another one
 * does, until the patience of the caller is over. Every call may be sent twice: votes, commits and
 * copies carry an id under which there is one outcome, the others do no harm.
 *
 * <p>So a transaction survives its leader: whoever holds the data sends it to the next one under
 * the same id. Nothing here blocks; futures complete on threads of the network, the log or the
 * executor, so what is attached must be short. They fail as {@link LeaderCalls} does, with what the
 * last try met. Safe for any thread.
 */
public final class LeaderTransactions {
  private final StoreService service;
  private final ServiceTimer timer;
  private final LeaderCalls local;
  private final LeaderCalls.Remote remote;
  private final Set<LeaderAttempts<?>> open = ConcurrentHashMap.newKeySet();
  private final ClientVotes votes = new ClientVotes(new Revotes());

  /**
   * Starts to follow who leads.
   *
   * @param executor asks again, when another one leads: not on the thread that tells so
   * @param remote how to reach another node that leads
   */
  public LeaderTransactions(
      StoreService service, ServiceTimer timer, Executor executor, LeaderCalls.Remote remote) {
    this.service = service;
    this.timer = timer;
    this.local = new LocalLeader(service);
    this.remote = remote;
    // A leader that is paused or cut off never answers; the news of the next one ends the wait.
    service.addLeadershipListener(
        leadership -> {
          if (!open.isEmpty()) {
            executor.execute(() -> open.forEach(attempts -> attempts.leaderChanged(leadership)));
          }
          if (!votes.isEmpty() && leadership.isKnown() && !leadership.isStarting()) {
            executor.execute(() -> votes.leaderChanged(leadership.term()));
          }
        });
  }

  /** How {@link ClientVotes} reaches whoever leads. */
  private final class Revotes implements ClientVotes.Leader {
    @Override
    public CompletableFuture<VoteAnswer> vote(String storage, TransactionRequest request) {
      return voteOnce(storage, request, ClientVotes.REVOTE_MAX);
    }

    @Override
    public void abort(String storage, TransactionId id) {
      var unused = LeaderTransactions.this.abort(storage, id, ClientVotes.REVOTE_MAX);
    }
  }

  /** The newest transaction of a storage: no node acknowledged a later one before the call. */
  public CompletableFuture<Tid> newestTid(String storage, Duration patience) {
    return ask(patience, LeaderAttempts.TRY_MAX, (to, left) -> to.calls().newestTid(storage, left));
  }

  /**
   * Locks and checks a transaction on the leader. A lock that is not free is waited for. Until
   * {@link #finish} or {@link #abort}, of which one must follow, it is voted for anew under each
   * new leader.
   */
  public CompletableFuture<VoteAnswer> vote(
      String storage, TransactionRequest request, Duration patience) {
    return voteOnce(storage, request, patience)
        .thenApply(
            answer -> {
              if (answer instanceof VoteAnswer.Voted voted) {
                votes.voted(storage, request, voted.term());
                Leadership now = service.leadership();
                if (now.term() > voted.term() && now.isKnown() && !now.isStarting()) {
                  votes.leaderChanged(now.term());
                }
              }
              return answer;
            });
  }

  private CompletableFuture<VoteAnswer> voteOnce(
      String storage, TransactionRequest request, Duration patience) {
    return ask(
        patience,
        patience,
        (to, left) -> to.calls().vote(storage, historyOf(request), request, left));
  }

  /**
   * Commits a voted transaction, also when the leader that holds its locks is lost: then it is sent
   * whole, and checked again when it is applied.
   *
   * @param votedTerm the term of the vote
   */
  public CompletableFuture<TransactionOutcome> finish(
      String storage, TransactionRequest request, long votedTerm, Duration patience) {
    long newestTerm = votes.finishing(request.id(), votedTerm);
    CompletableFuture<TransactionOutcome> outcome =
        ask(
            patience,
            LeaderAttempts.TRY_MAX,
            (to, left) ->
                to.term() == newestTerm && to.isFirst()
                    ? finishVoted(to.calls(), storage, request, left)
                    : to.calls().commit(storage, historyOf(request), request, left));
    var unused = outcome.whenComplete((done, failure) -> votes.ended(request.id()));
    return outcome;
  }

  /** Another node is told of the storage by name, and may know another one by it. */
  private ExpectedHistory historyOf(TransactionRequest request) {
    return ExpectedHistory.of(service.reads().applied(request.storage()));
  }

  private CompletableFuture<TransactionOutcome> finishVoted(
      LeaderCalls leader, String storage, TransactionRequest request, Duration left) {
    return leader
        .finish(storage, request.id(), left)
        .exceptionallyCompose(
            failure ->
                FailureCause.orNull(failure) instanceof RequestRefusedException refused
                        && refused.reason() == Reason.UNKNOWN_SESSION
                    ? leader.commit(storage, historyOf(request), request, left)
                    : CompletableFuture.failedFuture(failure));
  }

  /** Copies transactions; see {@code TransactionService#restore}. */
  public CompletableFuture<TransactionOutcome> restore(
      String storage, RestoreTransactions command, Duration patience) {
    return ask(
        patience, LeaderAttempts.TRY_MAX, (to, left) -> to.calls().restore(storage, command, left));
  }

  /**
   * Gives back the locks of a voted transaction. Once, to the present leader: one that is lost has
   * lost its locks too.
   */
  public CompletableFuture<Void> abort(String storage, TransactionId id, Duration patience) {
    votes.ended(id);
    Leadership leadership = service.leadership();
    LeaderCalls leader = callsTo(leadership);
    return leader == null
        ? CompletableFuture.completedFuture(null)
        : leader.abort(storage, id, patience);
  }

  /**
   * Lets go of what is staged for a transaction, which never commits then; does nothing to one that
   * has its outcome.
   */
  public CompletableFuture<Void> abandon(String storage, TransactionId id, Duration patience) {
    return ask(
        patience, LeaderAttempts.TRY_MAX, (to, left) -> to.calls().abandon(storage, id, left));
  }

  /**
   * Stages a blob, from any node, through whoever leads: the first step of {@code BlobService}. A
   * leader that is lost in the middle costs a pause.
   *
   * @param blob names the transaction that is to bring it, and a number of the caller's choice
   * @param patience for each chunk; also how long to wait for room if too much is staged
   */
  public BlobUpload upload(String storage, BlobId blob, Duration patience) {
    return new BlobUpload(
        blob,
        chunk ->
            ask(
                patience,
                LeaderAttempts.TRY_MAX,
                (to, left) -> to.calls().stage(storage, chunk, left)));
  }

  /** Takes a block of oids. */
  public CompletableFuture<OidsAllocated> allocateOids(
      String storage, int count, Duration patience) {
    return ask(
        patience,
        LeaderAttempts.TRY_MAX,
        (to, left) -> to.calls().allocateOids(storage, count, left));
  }

  /** Begins a pack; see {@link LeaderCalls#pack}. */
  public CompletableFuture<Tid> pack(
      String storage, Tid horizon, boolean collectGarbage, String by, Duration patience) {
    return ask(
        patience,
        LeaderAttempts.TRY_MAX,
        (to, left) -> to.calls().pack(storage, horizon, collectGarbage, by, left));
  }

  /** Creates a storage, or does nothing if there is one of that name. */
  public CompletableFuture<Void> createStorage(String name, Duration patience) {
    return ask(
        patience, LeaderAttempts.TRY_MAX, (to, left) -> to.calls().createStorage(name, left));
  }

  private <T> CompletableFuture<T> ask(
      Duration patience, Duration tryMax, LeaderAttempts.Call<T> call) {
    LeaderAttempts<T> attempts =
        new LeaderAttempts<>(service, timer, this::callsTo, call, patience, tryMax);
    open.add(attempts);
    CompletableFuture<T> answer = attempts.answer();
    CompletableFuture<?> unused = answer.whenComplete((value, failure) -> open.remove(attempts));
    attempts.start();
    return answer;
  }

  private @Nullable LeaderCalls callsTo(Leadership leadership) {
    if (leadership.elected()) {
      return local;
    }
    return leadership.leaderClientAddress().isEmpty()
        ? null
        : remote.at(leadership.leaderClientAddress());
  }
}
