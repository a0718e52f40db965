package io.troika.server.service.refusals;

/** An object stayed locked by another transaction for as long as the caller would wait. */
public final class LockTimeoutException extends NotNowException {
  private static final long serialVersionUID = 1L;

  public LockTimeoutException(String message) {
    super(message);
  }
}
