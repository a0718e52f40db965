package io.troika.client;

/**
 * The transaction would make its storage larger than its quota. What adds no data is still taken; a
 * pack or a larger quota makes room for the rest.
 */
public final class QuotaExceededException extends InvalidRequestException {
  public QuotaExceededException(String message) {
    super(message);
  }
}
