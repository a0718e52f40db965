package io.troika.server.service.commit;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.service.commit.OidLocks.Ticket;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A transaction on its way through the leader:
 *
 * <pre>
 *   LOCKING ──locks, checks──▶ HELD ──finish──▶ SUBMITTED ──outcome──▶ ENDED
 *      │                        │ ▲──overloaded──┘                      ▲
 *      └──conflict, time-out────┴──abort, lease, leadership lost────────┘
 * </pre>
 *
 * <p>Guarded by its own monitor, under which no other lock is taken, no future is completed and no
 * foreign code is called.
 */
final class OpenTransaction {
  enum Phase {
    LOCKING,
    HELD,
    SUBMITTED,
    ENDED
  }

  private final Submission submission;

  /** Whether it counts as a two-phase session, which lives on after a refused finish. */
  private final boolean session;

  /** Completes when the locks are held and the checks done: null, or an outcome that is certain. */
  private final CompletableFuture<@Nullable TransactionOutcome> prepared =
      new CompletableFuture<>();

  private Phase phase = Phase.LOCKING;
  private @Nullable Ticket ticket;
  private @Nullable Cancellable timer;
  private long leaseEndNanos;
  private SessionHolder holder = SessionHolder.PRESENT;

  /** What it has of its storages' quotas. */
  private List<Submission.Growth> room = List.of();

  /** The outcome of the submission under way; a new one after a submission that was refused. */
  private CompletableFuture<TransactionOutcome> outcome = new CompletableFuture<>();

  OpenTransaction(Submission submission, boolean session) {
    this.submission = submission;
    this.session = session;
  }

  Submission submission() {
    return submission;
  }

  boolean isSession() {
    return session;
  }

  /** Whether it is a session that holds its locks, finished or not, and has no outcome yet. */
  synchronized boolean isVoted() {
    return session && (phase == Phase.HELD || phase == Phase.SUBMITTED);
  }

  CompletableFuture<@Nullable TransactionOutcome> prepared() {
    return prepared;
  }

  /** Notes what it took of its storages' quotas, once; false if it was ended meanwhile. */
  synchronized boolean room(List<Submission.Growth> taken) {
    if (phase == Phase.ENDED) {
      return false;
    }
    room = taken;
    return true;
  }

  /** What it took, once. */
  synchronized List<Submission.Growth> takeRoom() {
    List<Submission.Growth> taken = room;
    room = List.of();
    return taken;
  }

  /** Notes the ticket; false if the transaction was ended meanwhile: then release it. */
  synchronized boolean ticket(Ticket newTicket) {
    ticket = newTicket;
    return phase != Phase.ENDED;
  }

  synchronized @Nullable Ticket ticket() {
    return ticket;
  }

  /**
   * Sets what ends the present phase when time is up; false (and not set) if that phase is over.
   */
  synchronized boolean timer(Phase during, Cancellable newTimer) {
    if (phase != during) {
      return false;
    }
    timer = newTimer;
    return true;
  }

  /** LOCKING to HELD; false if it was ended meanwhile. */
  synchronized boolean hold() {
    return move(Phase.LOCKING, Phase.HELD);
  }

  /**
   * HELD to SUBMITTED, if it is in that phase.
   *
   * @return the outcome to wait for, and whether the caller is the one who has to submit
   */
  synchronized Attempt submit() {
    return new Attempt(move(Phase.HELD, Phase.SUBMITTED), outcome);
  }

  record Attempt(boolean mine, CompletableFuture<TransactionOutcome> outcome) {}

  /** Back from SUBMITTED to HELD, because the log took nothing; the next try has a new outcome. */
  synchronized CompletableFuture<TransactionOutcome> resume() {
    boolean moved = move(Phase.SUBMITTED, Phase.HELD);
    checkInvariant(moved, "transaction %s: resumed in phase %s", submission.id(), phase);
    CompletableFuture<TransactionOutcome> refused = outcome;
    outcome = new CompletableFuture<>();
    return refused;
  }

  /** SUBMITTED to ENDED; whoever calls it completes what is returned. */
  synchronized CompletableFuture<TransactionOutcome> endSubmitted() {
    boolean moved = move(Phase.SUBMITTED, Phase.ENDED);
    checkInvariant(moved, "transaction %s: answered in phase %s", submission.id(), phase);
    return outcome;
  }

  /** LOCKING to ENDED; false if it is in another phase. */
  synchronized boolean endLocking() {
    return move(Phase.LOCKING, Phase.ENDED);
  }

  /** To ENDED unless it is submitted (then the log answers) or ended already. */
  synchronized boolean endUnlessSubmitted() {
    return move(Phase.LOCKING, Phase.ENDED) || move(Phase.HELD, Phase.ENDED);
  }

  /** Fails those who wait for it, after it was ended before an answer. */
  void fail(RuntimeException reason) {
    CompletableFuture<TransactionOutcome> failed;
    synchronized (this) {
      failed = outcome;
    }
    prepared.completeExceptionally(reason);
    failed.completeExceptionally(reason);
  }

  synchronized SessionHolder holder() {
    return holder;
  }

  synchronized void holder(SessionHolder newHolder) {
    holder = newHolder;
  }

  /** Nanoseconds of the timer at which the lease of a held session ends. */
  synchronized long leaseEndNanos() {
    return leaseEndNanos;
  }

  synchronized void leaseEndNanos(long nanos) {
    leaseEndNanos = nanos;
  }

  private boolean move(Phase from, Phase to) {
    if (phase != from) {
      return false;
    }
    phase = to;
    if (timer != null) {
      timer.cancel(); // a ServiceTimer takes no lock of ours
      timer = null;
    }
    return true;
  }
}
