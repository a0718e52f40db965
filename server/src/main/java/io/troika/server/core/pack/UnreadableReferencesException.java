package io.troika.server.core.pack;

/** The references of a record cannot be read; the message says why. */
public final class UnreadableReferencesException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnreadableReferencesException(String message) {
    super(message);
  }
}
