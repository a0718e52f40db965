package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.front.zeo.commit.OpenTransaction.Phase;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The transaction of one connection, from its begin to its end (zeo-protocol.md §9). Calls come in
 * their order on the connection's thread; what the leader answers comes on any.
 *
 * <p>The monitor guards {@link #open} and all that is in it. It is never held while something is
 * sent, so it may be taken under the monitor of the outbox, and is.
 */
public final class CommitCalls {
  /**
   * After so many votes a client stops to resolve conflicts, and then finishes as if there were
   * none; so those of the last vote have to be an error.
   */
  private static final int VOTES_MAX = 9;

  private final StorageSession session;
  private final UUID client = UUID.randomUUID();
  private long sequence; // guarded by this
  private @Nullable OpenTransaction open; // guarded by this
  private boolean copying; // guarded by this; what was committed last is a copy
  private @Nullable CompletableFuture<Void> leaving; // guarded by this; completed outside of it

  public CommitCalls(StorageSession session) {
    this.session = session;
  }

  StorageSession session() {
    return session;
  }

  // ---- Before the vote

  /** {@code tpc_begin(txn, user, description, extension, tid or nil, status)}. */
  public void begin(Call call) {
    session.requireWritable();
    Object name = call.args().value(0);
    if (name == null) {
      throw ZeoError.type("tpc_begin: argument 1: expected a number");
    }
    synchronized (this) {
      if (open != null && !open.isNamed(name)) {
        throw ZeoError.transaction("tpc_begin while another transaction is open");
      }
      if (open == null) {
        TransactionBlobs blobs = new TransactionBlobs(session, this::newId);
        open = OpenTransaction.begun(name, call, session.context(), blobs);
        session.statistics().activeTransactions.increment();
      }
    }
    call.answer(null);
  }

  /**
   * Adds to the open transaction; false if it has another name or is not open any more. When there
   * is too much of it, the client's next message is not read before that is staged.
   */
  synchronized boolean buffer(@Nullable Object name, Consumer<TransactionBuffer> operation) {
    OpenTransaction transaction = open;
    if (transaction == null || !transaction.isNamed(name) || transaction.phase != Phase.OPEN) {
      return false;
    }
    TransactionBuffer buffer = transaction.buffer();
    if (buffer.refusal() == null) {
      operation.accept(buffer);
    }
    if (buffer.refusal() == null && buffer.isFull()) {
      long handedOn = buffer.spill(transaction.stage()::add);
      session
          .connection()
          .readAfter(
              transaction.stage().taken().whenComplete((done, failure) -> let(buffer, handedOn)));
    }
    return true;
  }

  private synchronized void let(TransactionBuffer buffer, long handedOn) {
    buffer.handedOn(handedOn);
  }

  /** Adds to the blobs of the open transaction. */
  synchronized CompletableFuture<?> addBlob(Function<TransactionBlobs, CompletableFuture<?>> step) {
    if (open == null || open.phase != Phase.OPEN) {
      throw ZeoError.transaction("a blob without an open transaction");
    }
    return step.apply(open.blobs());
  }

  private TransactionId newId() {
    return new TransactionId(client, ++sequence);
  }

  // ---- Vote

  /** {@code vote(txn)}. Nothing waits here; the answer comes when the locks are had. */
  public void vote(Call call) {
    OpenTransaction transaction;
    Ballot ballot;
    synchronized (this) {
      transaction = open;
      if (transaction == null || !transaction.isNamed(call.args().value(0))) {
        throw ZeoError.transaction("vote without an open transaction");
      }
      if (transaction.phase != Phase.OPEN) {
        throw ZeoError.transaction("Already voting (locked)");
      }
      String refusal = transaction.buffer().refusal();
      if (refusal != null) {
        end(transaction);
        throw transaction.buffer().unknownUndo() == null
            ? ZeoError.transaction(refusal)
            : VoteReplies.unknownUndo(transaction.buffer().unknownUndo(), refusal);
      }
      ballot = newBallot(transaction, transaction.stage().stages());
      transaction.ballot = ballot;
      transaction.phase = Phase.VOTING;
      transaction.votes++;
    }
    new VoteCall(this, call, transaction, ballot).send();
  }

  private Ballot newBallot(
      OpenTransaction transaction, CompletableFuture<List<BlobReference>> stages) {
    // What is refused once because of its serials always is, so an old attempt under the same id
    // does no harm where something is staged under it.
    TransactionId staged = transaction.blobs().id();
    TransactionId id = staged == null ? newId() : staged;
    Tid tid = transaction.givenTid();
    if (tid == null && !transaction.buffer().restores().isEmpty()) {
      tid = transaction.buffer().requiredTid();
    }
    return tid == null
        ? new OrdinaryBallot(session, id, transaction, transaction.nextTry(VOTES_MAX), stages)
        : new CopyBallot(session, id, transaction, tid, stages, copying);
  }

  /**
   * The leader holds its locks.
   *
   * @return false if it was aborted or closed meanwhile, or the node is about to stop
   */
  synchronized boolean voted(OpenTransaction transaction, Ballot ballot, VoteAnswer.Voted voted) {
    if (!isAt(transaction, ballot, Phase.VOTING) || leaving != null) {
      return false;
    }
    transaction.phase = Phase.VOTED;
    transaction.lastVote = voted;
    transaction.timeout = limit(transaction, ballot, voted.lease());
    return true;
  }

  private Cancellable limit(OpenTransaction transaction, Ballot ballot, Duration lease) {
    Duration configured = session.context().config().transactionTimeout();
    Duration time = lease.compareTo(configured) < 0 ? lease : configured;
    return session.context().timer().schedule(time, () -> expire(transaction, ballot, time));
  }

  private void expire(OpenTransaction transaction, Ballot ballot, Duration time) {
    synchronized (this) {
      if (!isAt(transaction, ballot, Phase.VOTED)) {
        return;
      }
      end(transaction);
    }
    ballot.abandon();
    session
        .connection()
        .close("its transaction was voted %s ms ago and not finished".formatted(time.toMillis()));
  }

  /**
   * What becomes of a transaction whose vote was refused.
   *
   * @param present whether it was not aborted or closed meanwhile
   * @param conflicts that its client is to resolve: then it is open again; null if it has ended
   */
  record Refused(boolean present, @Nullable List<@Nullable Object> conflicts) {}

  /** Its vote was refused. */
  synchronized Refused refused(
      OpenTransaction transaction,
      Ballot ballot,
      TransactionOutcome outcome,
      Function<StagedData, @Nullable Bytes> staged) {
    if (!isAt(transaction, ballot, Phase.VOTING)) {
      return new Refused(false, null);
    }
    List<@Nullable Object> conflicts =
        transaction.votes < VOTES_MAX
            ? VoteReplies.resolvable(outcome, transaction.buffer(), staged)
            : null;
    if (conflicts == null) {
      end(transaction);
    } else {
      transaction.phase = Phase.OPEN;
    }
    return new Refused(true, conflicts);
  }

  /** Its vote came to nothing. */
  synchronized void voteFailed(OpenTransaction transaction, Ballot ballot) {
    if (isAt(transaction, ballot, Phase.VOTING)) {
      end(transaction);
    }
  }

  // ---- Finish

  /** {@code tpc_finish(txn)}: its tid, once this node shows the transaction. */
  public void finish(Call call) {
    OpenTransaction transaction = find(call.args().value(0));
    if (transaction == null) {
      call.answer(null);
      return;
    }
    Ballot ballot;
    VoteAnswer.Voted vote;
    synchronized (this) {
      ballot = transaction.ballot;
      vote = transaction.lastVote;
      if (transaction.phase != Phase.VOTED || ballot == null || vote == null) {
        throw ZeoError.transaction("tpc_finish before the vote was answered");
      }
      transaction.phase = Phase.FINISHING;
      if (transaction.timeout != null) {
        transaction.timeout.cancel();
      }
    }
    new FinishCall(this, call, transaction).send(ballot, vote);
  }

  /** It is committed, and this connection's client is being told, under the outbox's monitor. */
  void committed(OpenTransaction transaction) {
    synchronized (this) {
      copying = transaction.ballot instanceof CopyBallot;
      end(transaction);
    }
    answered();
  }

  /** It is not committed, or nobody knows. */
  synchronized void failed(OpenTransaction transaction) {
    end(transaction);
  }

  // ---- Abort

  /** {@code tpc_abort(txn)}: always succeeds. */
  public void abort(Call call) {
    OpenTransaction transaction = find(call.args().value(0));
    Ballot abandoned = transaction == null ? null : abandon(transaction);
    if (transaction != null) {
      session.statistics().aborts.increment();
    }
    if (abandoned != null) {
      abandoned.abandon();
    }
    call.answer(null);
    answered();
  }

  private synchronized @Nullable OpenTransaction find(@Nullable Object name) {
    return open != null && open.isNamed(name) ? open : null;
  }

  /** Ends it unless the log has it already; what is returned may hold locks. */
  private synchronized @Nullable Ballot abandon(OpenTransaction transaction) {
    if (transaction.phase == Phase.FINISHING) {
      return null;
    }
    end(transaction);
    return transaction.ballot;
  }

  /**
   * The node is about to stop: from now on no vote is answered.
   *
   * @return completes, on the executor, when nothing is voted any more that was, and that is
   *     answered; an answer that the feed gives is still being sent, under the outbox's monitor
   */
  public synchronized CompletableFuture<Void> leave() {
    CompletableFuture<Void> left = new CompletableFuture<>();
    if (!isVoted()) {
      left.complete(null);
    }
    leaving = left;
    return left.copy();
  }

  /**
   * The connection is gone: what is not submitted is aborted. What is, goes on without this; nobody
   * is told of its end any more, so what it holds here is given back now.
   */
  public void close() {
    OpenTransaction transaction;
    Ballot abandoned;
    synchronized (this) {
      transaction = open;
      abandoned = transaction == null ? null : abandon(transaction);
      if (transaction != null) {
        end(transaction);
      }
    }
    if (abandoned != null) {
      abandoned.abandon();
    }
    answered();
  }

  /** The client knows what became of its transaction: who waits for that, goes on. */
  void answered() {
    CompletableFuture<Void> left;
    synchronized (this) {
      left = isVoted() ? null : leaving;
    }
    if (left != null) {
      session.context().executor().execute(() -> left.complete(null));
    }
  }

  /** On this thread: of a small transaction it reads little, a large one is moved to another. */
  static <T> CompletableFuture<T> started(Supplier<CompletableFuture<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Called under the monitor. */
  private boolean isVoted() {
    return open != null && (open.phase == Phase.VOTED || open.phase == Phase.FINISHING);
  }

  private boolean isAt(OpenTransaction transaction, Ballot ballot, Phase phase) {
    return open == transaction && transaction.ballot == ballot && transaction.phase == phase;
  }

  /** Called under the monitor. */
  private void end(OpenTransaction transaction) {
    if (open == transaction) {
      open = null;
      transaction.release();
      session.statistics().activeTransactions.decrement();
    }
    if (transaction.timeout != null) {
      transaction.timeout.cancel();
    }
  }
}
