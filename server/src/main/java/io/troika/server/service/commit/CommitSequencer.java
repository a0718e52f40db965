package io.troika.server.service.commit;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.TransactionTrace;
import io.troika.server.service.ports.TransactionTracer;
import io.troika.server.service.ports.WriteGate;
import io.troika.server.service.refusals.DiskFullException;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.waits.LeaderWaits;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts transactions in order on the leader, before the log: locks their objects, refuses those that
 * are certain to conflict, appends the others, and keeps two-phase sessions. Correctness never
 * depends on it: applying checks everything again. What it gives is that a voted transaction can be
 * finished, and that the log is not filled with transactions that can't succeed.
 *
 * <p>All state belongs to a {@link Tenure}, one term of leadership; see DESIGN.md. Safe for any
 * thread; nothing here waits.
 */
public final class CommitSequencer {
  /** The longest wait for locks, whatever the caller's patience. */
  static final Duration LOCK_WAIT_MAX = Duration.ofSeconds(30);

  /** Transactions of more parts than this are checked on the executor, not by the caller. */
  private static final int INLINE_PARTS_MAX = 64;

  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;
  private final TransactionLimits limits;
  private final Executor executor;
  private final Tenures tenures;
  private volatile WriteGate gate = WriteGate.OPEN;
  private volatile TransactionTracer tracer = TransactionTracer.NONE;

  public CommitSequencer(
      ReplicatedLog log,
      LeaderWaits leaderWaits,
      RevisionReader reader,
      LimitsConfig limits,
      ServiceTimer timer,
      Executor executor) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
    this.limits = new TransactionLimits(limits, log);
    this.executor = executor;
    this.tenures = new Tenures(log, reader, limits, timer);
  }

  /**
   * Commits a transaction. The same id again gets the recorded outcome, shares the answer of the
   * copy that is under way, or finishes the voted session.
   *
   * @param patience how long to wait for locks at most
   * @return fails by the exceptions of {@link ReplicatedLog}, {@code LockTimeoutException}, {@link
   *     DiskFullException}, {@link RequestRefusedException}
   */
  CompletableFuture<TransactionOutcome> commit(TransactionRequest request, Duration patience) {
    return run("commit", new Submission.Commit(request), patience);
  }

  /** Commits a transaction over several storages; otherwise as {@link #commit}. */
  CompletableFuture<TransactionOutcome> commit(JointRequest request, Duration patience) {
    return run("commit", new JointSubmission(request), patience);
  }

  /** Copies transactions; otherwise as {@link #commit}. */
  CompletableFuture<TransactionOutcome> restore(RestoreTransactions command, Duration patience) {
    return run("restore", new Submission.Restore(command), patience);
  }

  private CompletableFuture<TransactionOutcome> run(
      String what, Submission submission, Duration patience) {
    TransactionTrace trace = tracer.begin(what, submission.id());
    return traced(
        trace,
        () -> {
          TransactionOutcome recorded = reader.outcome(submission.id());
          if (recorded != null) {
            return CompletableFuture.completedFuture(recorded);
          }
          Tenure tenure = tenures.current();
          OpenTransaction open = open(tenure, submission, false, patience);
          return finishWhenPrepared(tenure, open, trace);
        });
  }

  /**
   * Locks and checks a transaction, under the lease of the limits. Voting again for a voted id
   * answers the same; the lease goes on, and the session is the new holder's.
   */
  CompletableFuture<VoteAnswer> vote(
      TransactionRequest request, Duration patience, SessionHolder holder) {
    return traced(
        tracer.begin("vote", request.id()),
        () -> {
          TransactionOutcome recorded = reader.outcome(request.id());
          if (recorded != null) {
            return CompletableFuture.completedFuture(
                recorded instanceof Committed
                    ? new VoteAnswer.Voted(Duration.ZERO, log.leadership().term())
                    : new VoteAnswer.Refused(recorded));
          }
          Tenure tenure = tenures.current();
          OpenTransaction open = open(tenure, new Submission.Commit(request), true, patience);
          tenure.heldBy(open, holder);
          return open.prepared()
              .thenApply(
                  certain ->
                      certain != null
                          ? new VoteAnswer.Refused(certain)
                          : new VoteAnswer.Voted(tenure.leaseLeft(open), tenure.term()));
        });
  }

  /**
   * Commits a voted transaction.
   *
   * @return fails with {@link RequestRefusedException} (UNKNOWN_SESSION) if it is not voted here
   */
  CompletableFuture<TransactionOutcome> finish(TransactionId id) {
    TransactionTrace trace = tracer.begin("finish", id);
    return traced(
        trace,
        () -> {
          TransactionOutcome recorded = reader.outcome(id);
          if (recorded != null) {
            return CompletableFuture.completedFuture(recorded);
          }
          Tenure tenure = tenures.current();
          OpenTransaction open = tenure.find(id);
          if (open == null) {
            throw Tenure.unknownSession(id);
          }
          return finishWhenPrepared(tenure, open, trace);
        });
  }

  /** Ends the sessions of one who is gone, unless another takes them within a moment. */
  void left(SessionHolder holder) {
    holder.leave();
    Tenure present = tenures.peek();
    if (present != null) {
      present.left(holder);
    }
  }

  /** From now on transactions that are new here have to pass it; those that are voted end. */
  public void guard(WriteGate newGate) {
    gate = newGate;
  }

  /** From now on calls are traced by it. */
  public void trace(TransactionTracer newTracer) {
    tracer = newTracer;
  }

  /** Ends a session that is not submitted yet; does nothing where there is none. */
  void abort(TransactionId id) {
    tenures.abort(id);
  }

  /** Fails all that is not submitted. Nothing is taken afterwards. */
  public void close() {
    tenures.close();
  }

  public TransactionLimits limits() {
    return limits;
  }

  /** The present tenure, for what is measured and tested; null on a follower. */
  @Nullable Tenure tenure() {
    return tenures.peek();
  }

  private OpenTransaction open(
      Tenure tenure, Submission submission, boolean session, Duration patience) {
    limits.require(submission);
    OpenTransaction fresh = new OpenTransaction(submission, session);
    OpenTransaction existing = tenure.enter(fresh);
    if (existing != null) {
      return existing;
    }
    try {
      gate.requireOpen();
    } catch (DiskFullException e) {
      tenure.fail(fresh, e);
      return fresh;
    }
    if (submission.partCount() <= INLINE_PARTS_MAX) {
      lock(tenure, fresh, patience);
      return fresh;
    }
    try {
      executor.execute(() -> lock(tenure, fresh, patience));
    } catch (RuntimeException e) {
      tenure.fail(fresh, e);
    }
    return fresh;
  }

  private void lock(Tenure tenure, OpenTransaction open, Duration patience) {
    try {
      Submission submission = open.submission();
      OidLocks.Ticket ticket = tenure.ticketFor(submission, submission.locks(reader));
      if (!open.ticket(ticket)) {
        tenure.locks().release(ticket);
        return;
      }
      if (ticket.granted().isCompletedExceptionally()) {
        return; // the tenure ends, and fails this transaction with the others
      }
      if (ticket.granted().isDone()) {
        check(tenure, open);
      } else {
        tenure.limitLockWait(open, min(patience, LOCK_WAIT_MAX));
        // Not on the thread that released: it may be the applying one.
        CompletableFuture<?> unused =
            ticket.granted().thenRunAsync(() -> check(tenure, open), executor);
      }
    } catch (RuntimeException e) {
      tenure.fail(open, e);
    }
  }

  private void check(Tenure tenure, OpenTransaction open) {
    try {
      TransactionOutcome certain = open.submission().certainOutcome(reader);
      if (certain != null) {
        // The serials may be newer because this very transaction was committed meanwhile (sent
        // before to another leader): then its outcome became visible together with them.
        TransactionOutcome recorded = reader.outcome(open.submission().id());
        tenure.refuse(open, recorded == null ? certain : recorded);
      } else if (presentRefusal(tenure, open) != null) {
        refuteOrHold(tenure, open);
      } else {
        tenure.hold(open);
      }
    } catch (RuntimeException e) {
      tenure.fail(open, e);
    }
  }

  /** Why a vote would be refused now, or anything that does not fit; it has its room if null. */
  private @Nullable TransactionOutcome presentRefusal(Tenure tenure, OpenTransaction open) {
    TransactionOutcome present = open.isSession() ? open.submission().presentOutcome(reader) : null;
    return present != null ? present : tenure.quotas().take(open);
  }

  /**
   * For what would be refused now: so it is, if now is really the newest state. A deposed leader
   * may merely not have applied what the transaction builds on.
   */
  private void refuteOrHold(Tenure tenure, OpenTransaction open) {
    CompletableFuture<?> unused =
        log.proveLeadership()
            .thenAcceptAsync(
                term -> {
                  TransactionOutcome present = presentRefusal(tenure, open);
                  if (present == null) {
                    tenure.hold(open);
                  } else {
                    tenure.refuse(open, present);
                  }
                },
                executor)
            .exceptionally(
                failure -> {
                  Throwable cause = FailureCause.of(failure);
                  tenure.fail(
                      open,
                      cause instanceof RuntimeException known
                          ? known
                          : new IllegalStateException("leadership could not be proved", cause));
                  return null;
                });
  }

  private CompletableFuture<TransactionOutcome> finishWhenPrepared(
      Tenure tenure, OpenTransaction open, TransactionTrace trace) {
    return open.prepared()
        .thenCompose(
            certain ->
                certain != null
                    ? CompletableFuture.completedFuture(certain)
                    : finish(tenure, open, trace));
  }

  private CompletableFuture<TransactionOutcome> finish(
      Tenure tenure, OpenTransaction open, TransactionTrace trace) {
    OpenTransaction.Attempt attempt = open.submit();
    if (attempt.mine()) {
      CompletableFuture<Outcome> answer;
      trace.submitted();
      try {
        answer = log.submit(open.submission().toCommand(log.tidCandidate()), trace);
      } catch (RuntimeException e) {
        answer = CompletableFuture.failedFuture(e);
      }
      CompletableFuture<?> unused =
          answer.whenComplete(
              (result, failure) -> tenure.answered(open, result, FailureCause.orNull(failure)));
    }
    return attempt.outcome();
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private <T> CompletableFuture<T> traced(
      TransactionTrace trace, Supplier<CompletableFuture<T>> call) {
    CompletableFuture<T> answer = guarded(call);
    if (trace != TransactionTrace.NONE) {
      var unused =
          answer.whenComplete((value, failure) -> trace.ended(value, FailureCause.orNull(failure)));
    }
    return answer;
  }

  /** One way for callers to hear of failures, early ones too. */
  private <T> CompletableFuture<T> guarded(Supplier<CompletableFuture<T>> call) {
    try {
      return leaderWaits.whenStarted(call);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
