package io.troika.server.service.commit;

import io.troika.server.core.command.Outcome.TransactionOutcome;
import java.time.Duration;

/** What a vote answered. */
public sealed interface VoteAnswer {

  /**
   * The transaction may be finished; its objects are locked for it.
   *
   * @param lease how long they stay locked; zero if the transaction was finished before
   * @param term of the leader that holds the locks
   */
  record Voted(Duration lease, long term) implements VoteAnswer {}

  /** It can't be finished: the outcome is certain, and never {@code Committed}. */
  record Refused(TransactionOutcome outcome) implements VoteAnswer {}
}
