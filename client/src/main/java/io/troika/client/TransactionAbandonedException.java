package io.troika.client;

/**
 * The transaction was given up by {@link TroikaClient#abandon} before it arrived; it will never
 * commit.
 */
public final class TransactionAbandonedException extends InvalidRequestException {
  public TransactionAbandonedException(String message) {
    super(message);
  }
}
