package io.troika.server.service.refusals;

/** A queue or a limit is full for the moment. */
public final class OverloadedException extends NotNowException {
  private static final long serialVersionUID = 1L;

  public OverloadedException(String message) {
    super(message);
  }
}
