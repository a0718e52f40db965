package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StagedData;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.service.commit.VoteAnswer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One {@code vote} that is under way: what the leader answers, and how its client hears of it. */
final class VoteCall {
  private final CommitCalls commits;
  private final StorageSession session;
  private final Call call;
  private final OpenTransaction transaction;
  private final Ballot ballot;

  VoteCall(CommitCalls commits, Call call, OpenTransaction transaction, Ballot ballot) {
    this.commits = commits;
    this.session = commits.session();
    this.call = call;
    this.transaction = transaction;
    this.ballot = ballot;
  }

  /** Asks the leader, once. */
  void send() {
    session.statistics().waitingVotes.increment();
    CompletableFuture<?> unused =
        CommitCalls.started(ballot::vote)
            .whenComplete((answer, failure) -> session.statistics().waitingVotes.decrement())
            .thenCompose(
                answer ->
                    readsLittle()
                        ? CompletableFuture.completedFuture(answer)
                        : CompletableFuture.supplyAsync(() -> answer, session.context().executor()))
            .thenAccept(this::voted)
            .exceptionally(
                failure -> {
                  failed(failure);
                  return null;
                });
  }

  /** For the reply: else what was undone, or what was staged and is in conflict. */
  private boolean readsLittle() {
    return transaction.buffer().undos().isEmpty() && transaction.blobs().id() == null;
  }

  private void voted(VoteAnswer answer) {
    if (answer instanceof VoteAnswer.Refused refused) {
      refused(refused.outcome());
      return;
    }
    VoteAnswer.Voted voted = (VoteAnswer.Voted) answer;
    List<@Nullable Object> reply = ballot.voteReply();
    if (commits.voted(transaction, ballot, voted)) {
      // After the invalidations of all that this node has applied: a vote is a barrier too.
      call.orFail(session.settled().thenRun(() -> call.answer(reply)));
    } else {
      ballot.abandon(); // aborted or closed while the leader was asked
    }
  }

  private void refused(TransactionOutcome outcome) {
    CommitCalls.Refused after = commits.refused(transaction, ballot, outcome, this::stagedData);
    if (after.conflicts() == null) {
      ballot.abandon(); // nobody resolves it
    }
    if (after.present()) {
      answerRefused(outcome, after.conflicts());
    }
  }

  /** What this node has of it; null while it has not applied that. */
  private @Nullable Bytes stagedData(StagedData staged) {
    return session.context().service().blobs().stagedData(session.storage(), staged);
  }

  private void answerRefused(
      TransactionOutcome outcome, @Nullable List<@Nullable Object> conflicts) {
    session.statistics().conflicts.increment();
    call.orFail(
        session
            // The client will load what is committed, so it must be here.
            .told(VoteReplies.newestSerial(outcome))
            .thenRunAsync(
                () -> {
                  if (conflicts == null) {
                    call.fail(VoteReplies.error(outcome, transaction.buffer(), session));
                  } else {
                    call.answer(conflicts);
                  }
                },
                session.context().executor()));
  }

  private void failed(Throwable failure) {
    commits.voteFailed(transaction, ballot);
    ballot.abandon();
    call.fail(VoteReplies.failure(failure, transaction.buffer(), session));
  }
}
