package io.troika.server.service.refusals;

/**
 * Family "conflict": what the request builds on was read in a history that this storage no longer
 * has. Nothing happened.
 */
public final class HistoryReplacedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HistoryReplacedException(String message) {
    super(message);
  }
}
