package io.troika.server.cli.backups;

/** A backup is not restored, and nothing that clients see was changed. */
public final class RestoreException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean different;

  private RestoreException(String message, boolean different) {
    super(message);
    this.different = different;
  }

  static RestoreException refused(String message) {
    return new RestoreException(message, false);
  }

  static RestoreException different(String message) {
    return new RestoreException(message, true);
  }

  /** Whether what was read back is not what was written. */
  public boolean isDifferent() {
    return different;
  }
}
