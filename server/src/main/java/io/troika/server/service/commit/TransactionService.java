package io.troika.server.service.commit;

import static io.troika.server.core.model.Checks.checkInvariant;
import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.TransactionListener;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.waits.LeaderWaits;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Changes, all of them by the leader and through the log. Nothing here waits for longer than it
 * takes to check a small transaction; futures complete on the log's thread, the service's executor
 * or the caller's, so what is attached to them must be short.
 *
 * <p>Futures fail with the exceptions of {@link ReplicatedLog} and with those named. On an {@link
 * OutcomeUnknownException} the same transaction id may be sent again: it never commits twice. Safe
 * for any thread.
 */
public final class TransactionService {
  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;
  private final CommitSequencer sequencer;
  private final List<TransactionListener> listeners = new CopyOnWriteArrayList<>();

  public TransactionService(
      ReplicatedLog log,
      LeaderWaits leaderWaits,
      RevisionReader reader,
      CommitSequencer sequencer) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
    this.sequencer = sequencer;
  }

  /**
   * Commits a transaction or answers why not. The same id again gets the same answer; if it is
   * voted, this finishes it. A conflict that was certain before the log was asked is not recorded:
   * asking again checks again, and finds it again.
   *
   * @param patience how long to wait for objects that others have locked, 30 s at most
   * @return fails as well with {@code LockTimeoutException} and {@link RequestRefusedException}
   *     (TRANSACTION_TOO_LARGE, TOO_MANY_OBJECTS)
   */
  public CompletableFuture<TransactionOutcome> commit(
      TransactionRequest request, Duration patience) {
    long began = System.nanoTime();
    return observed(sequencer.commit(request, patience), began);
  }

  /**
   * Commits a transaction over several storages, in all of them at one tid or in none. Otherwise as
   * the other; a conflict names the storage of each object.
   */
  public CompletableFuture<TransactionOutcome> commit(JointRequest request, Duration patience) {
    long began = System.nanoTime();
    return observed(sequencer.commit(request, patience), began);
  }

  /** First phase: locks and checks. Otherwise as {@link #commit}. */
  public CompletableFuture<VoteAnswer> vote(TransactionRequest request, Duration patience) {
    return vote(request, patience, SessionHolder.PRESENT);
  }

  /**
   * The same.
   *
   * @param holder who is to finish it; of several who vote for one transaction, the last
   */
  public CompletableFuture<VoteAnswer> vote(
      TransactionRequest request, Duration patience, SessionHolder holder) {
    long began = System.nanoTime();
    CompletableFuture<VoteAnswer> vote = sequencer.vote(request, patience, holder);
    var unused =
        vote.whenComplete(
            (answer, failure) -> {
              long nanos = System.nanoTime() - began;
              if (failure != null) {
                listeners.forEach(listener -> listener.failed(failure, nanos));
              } else if (answer instanceof VoteAnswer.Refused refused) {
                listeners.forEach(listener -> listener.ended(refused.outcome(), nanos));
              }
            });
    return vote;
  }

  /**
   * Second phase. An {@code OverloadedException} leaves the transaction voted, under a new lease.
   *
   * @return fails as well with {@link RequestRefusedException} (UNKNOWN_SESSION) if the transaction
   *     is not voted here, or no longer
   */
  public CompletableFuture<TransactionOutcome> finish(TransactionId id) {
    long began = System.nanoTime();
    return observed(sequencer.finish(id), began);
  }

  /**
   * Ends what a holder has voted, a second from now unless somebody else votes for it until then:
   * time for whoever lost a connection to come back over another one.
   */
  public void left(SessionHolder holder) {
    sequencer.left(holder);
  }

  /** Gives back the locks of a voted transaction; does nothing where there is none. */
  public void abort(TransactionId id) {
    listeners.forEach(TransactionListener::aborted);
    sequencer.abort(id);
  }

  /**
   * Copies transactions that were committed elsewhere, all or none, in one log entry. Otherwise as
   * {@link #commit}; the outcome names the last tid.
   */
  public CompletableFuture<TransactionOutcome> restore(
      RestoreTransactions command, Duration patience) {
    long began = System.nanoTime();
    return observed(sequencer.restore(command, patience), began);
  }

  public void observe(TransactionListener newListener) {
    listeners.add(newListener);
  }

  private CompletableFuture<TransactionOutcome> observed(
      CompletableFuture<TransactionOutcome> answer, long beganNanos) {
    var unused =
        answer.whenComplete(
            (outcome, failure) -> {
              long nanos = System.nanoTime() - beganNanos;
              if (failure == null) {
                listeners.forEach(listener -> listener.ended(outcome, nanos));
              } else {
                listeners.forEach(listener -> listener.failed(failure, nanos));
              }
            });
    return answer;
  }

  /**
   * What became of a transaction: null if no outcome is recorded. Linearizable.
   *
   * @param abandon if there is no outcome, record that there never will be another
   */
  public CompletableFuture<@Nullable TransactionOutcome> outcome(
      TransactionId id, boolean abandon) {
    return leaderWaits
        .whenStarted(log::proveLeadership)
        .thenCompose(
            term -> {
              TransactionOutcome recorded = reader.outcome(id);
              if (recorded != null || !abandon) {
                return CompletableFuture.completedFuture(recorded);
              }
              sequencer.abort(id); // its locks are of no use any more
              return log.submit(new AbandonTransaction(id)).thenApply(TransactionService::expected);
            });
  }

  private static TransactionOutcome expected(Outcome outcome) {
    checkInvariant(
        outcome instanceof TransactionOutcome, "a transaction was answered by %s", outcome);
    return (TransactionOutcome) outcome;
  }

  /**
   * Takes a block of oids.
   *
   * @param count 1 to {@link AllocateOids#COUNT_MAX}
   * @return fails as well with {@link RequestRefusedException} (OIDS_EXHAUSTED)
   */
  public CompletableFuture<OidsAllocated> allocateOids(StorageId storage, int count) {
    return leaderWaits
        .whenStarted(() -> log.submit(new AllocateOids(storage, count)))
        .thenApply(
            outcome -> {
              if (outcome instanceof Rejected rejected) {
                throw refusal(rejected);
              }
              return (OidsAllocated) outcome;
            });
  }

  /** Creates a storage under a new random identity, or answers the one of that name. */
  public CompletableFuture<StorageCreated> createStorage(String name) {
    requireArgument(
        !name.isBlank() && name.length() <= StorageState.NAME_LENGTH_MAX,
        "storage name '%s': expected 1 to %s characters",
        name,
        StorageState.NAME_LENGTH_MAX);
    return leaderWaits
        .whenStarted(() -> log.submit(new CreateStorage(name, UUID.randomUUID())))
        .thenApply(TransactionService::created);
  }

  private static StorageCreated created(Outcome outcome) {
    if (outcome instanceof StorageCreated created) {
      return created;
    }
    // A name that is in another group.
    throw outcome instanceof Rejected rejected
        ? refusal(rejected)
        : new IllegalStateException("a storage to be created was answered by " + outcome);
  }

  /** The error that says what an ordinary rejection says. */
  public static RequestRefusedException refusal(Rejected rejected) {
    Reason reason =
        switch (rejected.reason()) {
          case UNKNOWN_STORAGE -> Reason.UNKNOWN_STORAGE;
          case UNKNOWN_OBJECT -> Reason.UNKNOWN_OBJECT;
          case UNKNOWN_TRANSACTION -> Reason.UNKNOWN_TRANSACTION;
          case INVALID_TRANSACTION -> Reason.INVALID_ARGUMENT;
          case STAGING_LOST -> Reason.STAGING_LOST;
          case QUOTA_EXCEEDED -> Reason.QUOTA_EXCEEDED;
          case STAGING_FULL ->
              throw new InvariantViolation("only a chunk is refused for want of room: " + rejected);
          case TID_NOT_GREATER -> Reason.TID_NOT_GREATER;
          case OIDS_EXHAUSTED -> Reason.OIDS_EXHAUSTED;
        };
    return new RequestRefusedException(reason, rejected.message());
  }
}
