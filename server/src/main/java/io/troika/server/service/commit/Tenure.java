package io.troika.server.service.commit;

import static io.troika.server.service.refusals.RequestRefusedException.Reason.UNKNOWN_SESSION;
import static java.util.Objects.requireNonNull;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.OidLocks.Ticket;
import io.troika.server.service.commit.OpenTransaction.Phase;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.refusals.LockTimeoutException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a leader keeps for one term: the locks, and the transactions on their way by id. It ends
 * with the term and is never used again; the next term starts with an empty one, so nothing of an
 * old term can block or free anything in a new one.
 *
 * <p>A transaction is in the map from before it asks for locks until after it gave them back. Safe
 * for any thread.
 */
public final class Tenure {
  /** How long a session waits for its holder to come back over another connection. */
  static final Duration RETURN_WAIT = Duration.ofSeconds(1);

  /** How long locks are kept for what was voted under the leader before. */
  static final Duration KEPT_MAX = Duration.ofSeconds(2);

  /** How long locks are kept for the next try of a vote that was refused for a conflict. */
  public static final Duration RESOLVING_MAX = Duration.ofSeconds(1);

  private final long term;
  private final LimitsConfig limits;
  private final ServiceTimer timer;
  private final OidLocks locks;
  private final Quotas quotas;
  private final Map<TransactionId, OpenTransaction> open = new ConcurrentHashMap<>();
  private final AtomicInteger sessions = new AtomicInteger();
  private final KeptLocks keptLocks;
  private final VotePause pause = new VotePause();

  Tenure(long term, LimitsConfig limits, ServiceTimer timer, Quotas quotas) {
    this.term = term;
    this.limits = limits;
    this.timer = timer;
    this.quotas = quotas;
    this.locks = new OidLocks(limits.lockWaitersMax());
    this.keptLocks = new KeptLocks(locks, timer);
  }

  long term() {
    return term;
  }

  OidLocks locks() {
    return locks;
  }

  Quotas quotas() {
    return quotas;
  }

  int sessionCount() {
    return sessions.get();
  }

  int openCount() {
    return open.size();
  }

  /** Transactions of the leader before whose locks are kept, and which have not come yet. */
  int keptCount() {
    return keptLocks.count();
  }

  @Nullable OpenTransaction find(TransactionId id) {
    return open.get(id);
  }

  /**
   * Enters a transaction, unless one of its id is there.
   *
   * @return the one that is there, or null
   * @throws OverloadedException if there are too many sessions
   */
  @Nullable OpenTransaction enter(OpenTransaction fresh) {
    OpenTransaction existing = open.putIfAbsent(fresh.submission().id(), fresh);
    if (existing == null && fresh.isSession()) {
      if (sessions.incrementAndGet() > limits.sessionsMax()) {
        OverloadedException overloaded =
            new OverloadedException(
                "%s transactions are voted already".formatted(limits.sessionsMax()));
        fail(fresh, overloaded);
        throw overloaded;
      }
    }
    return existing;
  }

  /** Fails a transaction that still waits for its locks when {@code wait} is over. */
  void limitLockWait(OpenTransaction transaction, Duration wait) {
    Cancellable timeout =
        timer.schedule(
            wait,
            () -> {
              Ticket ticket = requireNonNull(transaction.ticket());
              String holder = locks.giveUp(ticket);
              if (holder != null) {
                fail(
                    transaction,
                    new LockTimeoutException(
                        "transaction %s waited %s ms: %s"
                            .formatted(transaction.submission().id(), wait.toMillis(), holder)));
              }
            });
    if (!transaction.timer(Phase.LOCKING, timeout)) {
      timeout.cancel();
    }
  }

  /** The locks are held and the checks are done. A session gets its lease. */
  void hold(OpenTransaction transaction) {
    if (!transaction.hold()) {
      return; // ended meanwhile; whoever did it gave the locks back
    }
    if (transaction.isSession()) {
      startLease(transaction);
      if (pause.holdBack(transaction)) {
        return;
      }
    }
    transaction.prepared().complete(null);
  }

  // ---- hand-over

  /** Before anybody else uses it: locks for those that the leader before had promised it to. */
  void keep(List<VotedTransaction> voted) {
    voted.forEach(each -> keptLocks.keep(each, KEPT_MAX));
  }

  /** The locks that are kept for a transaction, or for its try before; or else new ones. */
  Ticket ticketFor(Submission submission, List<OidLocks.Wanted> wanted) {
    Ticket kept = keptLocks.claim(submission.id(), wanted);
    TransactionId before = submission.nextTry().before();
    if (kept == null && before != null) {
      kept = keptLocks.claim(before, wanted);
    }
    return kept == null ? locks.request(submission.id(), wanted) : kept;
  }

  /** From now on no vote is answered; returns all that were and are without an outcome. */
  List<VotedTransaction> suspend(RevisionReader reader) {
    pause.begin();
    return open.values().stream()
        .filter(transaction -> transaction.isVoted() && !transaction.holder().isGone())
        .map(OpenTransaction::submission)
        .map(submission -> KeptLocks.voted(submission.id(), submission.locks(reader)))
        .toList();
  }

  /** Answers the votes that were held back. */
  void resume() {
    pause.end().forEach(voted -> voted.prepared().complete(null));
  }

  /** Notes who is to finish a session; also before it holds its locks. */
  void heldBy(OpenTransaction transaction, SessionHolder holder) {
    transaction.holder(holder);
    if (holder.isGone()) {
      giveUpSoon(transaction, holder);
    }
  }

  /** Ends in a moment what this holder has, whether it holds its locks or waits for them. */
  void left(SessionHolder holder) {
    for (OpenTransaction transaction : open.values()) {
      if (transaction.holder() == holder) {
        giveUpSoon(transaction, holder);
      }
    }
  }

  private void giveUpSoon(OpenTransaction transaction, SessionHolder holder) {
    var unused =
        timer.schedule(
            RETURN_WAIT,
            () -> {
              if (transaction.holder() == holder) {
                fail(transaction, unknownSession(transaction.submission().id()));
              }
            });
  }

  private void startLease(OpenTransaction transaction) {
    Duration lease = limits.voteLease();
    transaction.leaseEndNanos(timer.nanoTime() + lease.toNanos());
    Cancellable end =
        timer.schedule(
            lease, () -> fail(transaction, unknownSession(transaction.submission().id())));
    if (!transaction.timer(Phase.HELD, end)) {
      end.cancel();
    }
  }

  Duration leaseLeft(OpenTransaction transaction) {
    long left = transaction.isSession() ? transaction.leaseEndNanos() - timer.nanoTime() : 0;
    return Duration.ofNanos(Math.max(0, left));
  }

  /** Ends a transaction whose outcome is certain before the log was asked. */
  void refuse(OpenTransaction transaction, TransactionOutcome certain) {
    if (transaction.endLocking()) {
      if (isResolved(transaction, certain)) {
        leaveLocked(transaction);
      } else {
        leave(transaction);
      }
      transaction.prepared().complete(certain);
    }
  }

  /** Whether its client is to make something of it, and votes again. */
  private boolean isResolved(OpenTransaction transaction, TransactionOutcome certain) {
    return certain instanceof Conflict
        && transaction.isSession()
        && transaction.submission().nextTry().keepsLocks()
        && keptLocks.count() < limits.sessionsMax();
  }

  /** With what it would have overtaken others for, were it to begin at the end of the line. */
  private void leaveLocked(OpenTransaction transaction) {
    Duration lease = limits.voteLease();
    keptLocks.keep(
        transaction.submission().id(),
        requireNonNull(transaction.ticket()),
        lease.compareTo(RESOLVING_MAX) < 0 ? lease : RESOLVING_MAX);
    leaveMap(transaction);
  }

  /** Ends a transaction before it was submitted; later than that does nothing. */
  void fail(OpenTransaction transaction, RuntimeException reason) {
    if (transaction.endUnlessSubmitted()) {
      leave(transaction);
      transaction.fail(reason);
    }
  }

  void abort(TransactionId id) {
    keptLocks.release(id);
    OpenTransaction transaction = open.get(id);
    if (transaction != null) {
      fail(transaction, unknownSession(id));
    }
  }

  /** What the log answered. Runs on the log's thread: short, and without waiting. */
  void answered(
      OpenTransaction transaction, @Nullable Outcome result, @Nullable Throwable failure) {
    if (failure instanceof OverloadedException && transaction.isSession()) {
      // Certainly nothing was appended, so the promise of the vote still stands: under a new lease.
      CompletableFuture<TransactionOutcome> refused = transaction.resume();
      startLease(transaction);
      refused.completeExceptionally(failure);
      return;
    }
    CompletableFuture<TransactionOutcome> outcome = transaction.endSubmitted();
    leave(transaction);
    if (failure != null) {
      outcome.completeExceptionally(failure);
    } else if (result instanceof TransactionOutcome answer) {
      outcome.complete(answer);
    } else {
      outcome.completeExceptionally(
          new InvariantViolation(
              "transaction %s was answered by %s"
                  .formatted(transaction.submission().id(), result)));
    }
  }

  /** Ends the tenure: all that is not submitted fails, all that comes later as well. */
  void close(RuntimeException reason) {
    // Locks first: a transaction that enters the map after the loop below can't get any.
    locks.close(reason);
    keptLocks.close();
    open.values().forEach(transaction -> fail(transaction, reason));
  }

  private void leave(OpenTransaction transaction) {
    leaveMap(transaction);
    Ticket ticket = transaction.ticket();
    if (ticket != null) {
      locks.release(ticket);
    }
  }

  private void leaveMap(OpenTransaction transaction) {
    if (open.remove(transaction.submission().id(), transaction) && transaction.isSession()) {
      sessions.decrementAndGet();
    }
    quotas.giveBack(transaction);
  }

  public static RequestRefusedException unknownSession(TransactionId id) {
    return new RequestRefusedException(
        UNKNOWN_SESSION,
        "transaction %s is not voted here, or no longer: send it whole under the same id"
            .formatted(id));
  }
}
