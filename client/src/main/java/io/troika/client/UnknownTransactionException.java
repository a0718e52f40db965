package io.troika.client;

/** No transaction has that tid. */
public final class UnknownTransactionException extends InvalidRequestException {
  public UnknownTransactionException(String message) {
    super(message);
  }
}
