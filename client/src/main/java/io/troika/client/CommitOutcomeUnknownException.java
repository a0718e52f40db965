package io.troika.client;

import org.jspecify.annotations.Nullable;

/**
 * The transaction may or may not be committed, or may yet be: it was sent, and neither its answer
 * nor its outcome could be learned before the deadline. Ask {@link TroikaClient#outcome}, or {@link
 * TroikaClient#abandon} to make sure that it does not commit later. Don't just do it again.
 */
public final class CommitOutcomeUnknownException extends TroikaException {
  private final TransactionId transaction;

  public CommitOutcomeUnknownException(
      String message, TransactionId transaction, @Nullable Throwable cause) {
    super(ErrorFamily.UNKNOWN_OUTCOME, message, cause);
    this.transaction = transaction;
  }

  /** The transaction to ask about. */
  public TransactionId transaction() {
    return transaction;
  }
}
