package io.troika.client;

/**
 * The storage was restored or recovered to another history while this view or transaction was open
 * (its uuid or epoch changed), so what was read may never have been. Start again; {@link
 * ObjectStore#run} does.
 */
public final class HistoryReplacedException extends TroikaException {
  public HistoryReplacedException(String message) {
    super(ErrorFamily.CONFLICT, message, null);
  }
}
