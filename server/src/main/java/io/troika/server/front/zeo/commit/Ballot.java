package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.VoteAnswer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to commit what is in a buffer: an ordinary transaction or a copy. Each attempt has an
 * id of its own, so that what is left of an earlier one can't be taken for it; but all that has
 * something staged have the id under which that is.
 */
interface Ballot {
  TransactionId id();

  /** First phase. */
  CompletableFuture<VoteAnswer> vote();

  /** Second phase, with the answer to the first; the same outcome however often it is sent. */
  CompletableFuture<TransactionOutcome> finish(VoteAnswer.Voted voted);

  /** Lets the locks go, if any are held. */
  void abandon();

  /** What the reply to the vote lists: the undone objects. Reads the disk. */
  List<@Nullable Object> voteReply();
}
