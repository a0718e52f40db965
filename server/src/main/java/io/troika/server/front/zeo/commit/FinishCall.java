package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.CloseException;
import io.troika.server.front.zeo.session.LeaderFailures;
import io.troika.server.front.zeo.session.Outbox.OwnCommit;
import io.troika.server.front.zeo.session.SessionCalls;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.service.commit.VoteAnswer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One {@code tpc_finish} that is under way: the leader commits, but it is the feed that answers, in
 * the transaction's turn.
 */
final class FinishCall {
  private final CommitCalls commits;
  private final StorageSession session;
  private final Call call;
  private final OpenTransaction transaction;

  FinishCall(CommitCalls commits, Call call, OpenTransaction transaction) {
    this.commits = commits;
    this.session = commits.session();
    this.call = call;
    this.transaction = transaction;
  }

  /** Asks the leader, once. */
  void send(Ballot ballot, VoteAnswer.Voted vote) {
    OwnCommit own = new OwnCommit(ballot.id(), this::committed);
    session.outbox().expect(own);
    CompletableFuture<?> unused =
        CommitCalls.started(() -> ballot.finish(vote))
            .thenAccept(outcome -> finished(own, outcome))
            .exceptionally(
                failure -> {
                  failed(own, failure);
                  return null;
                });
  }

  /** Runs when the transaction's turn in the feed has come, under the monitor of the outbox. */
  private List<ZeoMessage> committed(Tid tid) {
    commits.committed(transaction);
    session.statistics().commits.increment();
    StorageState state = session.applied();
    return List.of(
        ZeoMessage.oneWay("info", SessionCalls.size(state)), call.reply(Wire.bytes(tid)));
  }

  private void finished(OwnCommit own, TransactionOutcome outcome) {
    if (outcome instanceof Committed committed) {
      awaitOwnTurn(committed.tid());
      return;
    }
    if (session.outbox().withdraw(own)) {
      commits.failed(transaction);
      call.fail(VoteReplies.error(outcome, transaction.buffer(), session));
      commits.answered();
    }
  }

  /** The feed brings the answer; unless this node is cut off and does not apply any more. */
  private void awaitOwnTurn(Tid tid) {
    CompletableFuture<?> unused =
        session
            .applied(tid)
            .exceptionally(
                failure -> {
                  session
                      .connection()
                      .close("this node has not applied transaction %s in time".formatted(tid));
                  return null;
                });
  }

  private void failed(OwnCommit own, Throwable failure) {
    if (session.outbox().withdraw(own)) {
      commits.failed(transaction);
      Throwable translated = LeaderFailures.translate(failure);
      // Its outcome is not known: only the end of the connection says so.
      call.fail(
          translated instanceof ZeoError
              ? translated
              : new CloseException("the outcome is not known: " + failure, failure));
      commits.answered();
    }
  }
}
