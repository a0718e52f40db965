package io.troika.client;

/** The history that was asked for lies before the pack horizon and may be gone. */
public final class HistoryPackedException extends InvalidRequestException {
  public HistoryPackedException(String message) {
    super(message);
  }
}
