package io.troika.server.service.refusals;

/** Family "unknown outcome": the command may or may not be applied; ask by transaction id. */
public final class OutcomeUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutcomeUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
