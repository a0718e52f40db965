package io.troika.server.service.ports;

import io.troika.server.core.command.Outcome.TransactionOutcome;

/**
 * Hears how transactions end at this node while it leads, whoever brought them. Called on the
 * threads that answer the callers: it must be short and must not throw.
 */
public interface TransactionListener {
  /**
   * A commit, a restore or the second phase was answered, or a vote refused.
   *
   * @param nanos from the call to its answer
   */
  void ended(TransactionOutcome outcome, long nanos);

  /** The same, with no outcome: not the leader, overloaded, a wrong request, or unknown. */
  void failed(Throwable reason, long nanos);

  /** The locks of a voted transaction were asked to be given back. */
  void aborted();
}
