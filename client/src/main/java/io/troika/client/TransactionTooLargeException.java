package io.troika.client;

/** The transaction exceeds a limit of the server: in bytes, or in objects. */
public final class TransactionTooLargeException extends InvalidRequestException {
  private final long limit;
  private final long found;

  public TransactionTooLargeException(String message, long limit, long found) {
    super(message);
    this.limit = limit;
    this.found = found;
  }

  /** The most that is allowed, in the unit that the message names; 0: not told. */
  public long limit() {
    return limit;
  }

  /** What the transaction has; 0: not told. */
  public long found() {
    return found;
  }
}
