package io.troika.server.service.refusals;

/**
 * As much is staged as may be. Room comes when others commit what they staged, or when it expires.
 */
public final class StagingFullException extends NotNowException {
  private static final long serialVersionUID = 1L;

  public StagingFullException(String message) {
    super(message);
  }
}
