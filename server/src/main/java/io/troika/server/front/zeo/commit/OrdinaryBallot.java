package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.commit.NextTry;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.reads.HistoryView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A transaction whose tid the leader chooses. Voting locks its objects there. */
final class OrdinaryBallot implements Ballot {
  /** How long a vote may wait for objects that others have locked. */
  private static final Duration LOCK_WAIT_MAX = Duration.ofMinutes(2);

  private static final Duration ABORT_WAIT_MAX = Duration.ofSeconds(5);

  private final StorageSession session;
  private final TransactionId id;
  private final OpenTransaction transaction;
  private final NextTry nextTry;
  private final CompletableFuture<List<BlobReference>> stages;
  private volatile @Nullable TransactionRequest request; // once all of it is staged

  /**
   * @param nextTry what follows if it is refused
   * @param stages of its records, once all is staged
   */
  OrdinaryBallot(
      StorageSession session,
      TransactionId id,
      OpenTransaction transaction,
      NextTry nextTry,
      CompletableFuture<List<BlobReference>> stages) {
    this.session = session;
    this.id = id;
    this.transaction = transaction;
    this.nextTry = nextTry;
    this.stages = stages;
  }

  @Override
  public TransactionId id() {
    return id;
  }

  @Override
  public CompletableFuture<VoteAnswer> vote() {
    TransactionBuffer buffer = transaction.buffer();
    return transaction
        .blobs()
        .writes(buffer.writes())
        .thenCombine(
            stages,
            (writes, staged) -> {
              TransactionRequest whole =
                  new TransactionRequest(
                      id,
                      session.storage(),
                      transaction.metadata(),
                      buffer.reads(),
                      writes,
                      buffer.deletes(),
                      buffer.undos(),
                      staged,
                      nextTry);
              request = whole;
              return whole;
            })
        .thenCompose(
            whole -> session.context().leader().vote(session.name(), whole, LOCK_WAIT_MAX));
  }

  @Override
  public CompletableFuture<TransactionOutcome> finish(VoteAnswer.Voted voted) {
    TransactionRequest whole = request;
    if (whole == null) {
      throw new IllegalStateException("transaction " + id + " was not voted");
    }
    return session
        .context()
        .leader()
        .finish(session.name(), whole, voted.term(), StorageSession.LEADER_WAIT_MAX);
  }

  @Override
  public void abandon() {
    // Whether it arrives or not: the locks have a lease.
    CompletableFuture<?> unused =
        session.context().leader().abort(session.name(), id, ABORT_WAIT_MAX);
  }

  @Override
  public List<@Nullable Object> voteReply() {
    if (transaction.buffer().undos().isEmpty()) {
      return List.of();
    }
    HistoryView view = session.at(session.applied().lastTid());
    TreeSet<Oid> undone = new TreeSet<>();
    for (Tid tid : transaction.buffer().undos()) {
      TransactionRecord transaction = view.transaction(tid);
      if (transaction != null) {
        undone.addAll(transaction.oids());
      }
    }
    List<@Nullable Object> reply = new ArrayList<>(undone.size());
    undone.forEach(oid -> reply.add(Wire.bytes(oid)));
    return reply;
  }
}
