package io.troika.client;

/** A restored transaction's tid is not greater than the storage's last one. */
public final class TidNotGreaterException extends InvalidRequestException {
  public TidNotGreaterException(String message) {
    super(message);
  }
}
