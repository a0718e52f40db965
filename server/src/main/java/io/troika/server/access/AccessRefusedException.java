package io.troika.server.access;

/** Somebody asked for what is not theirs. The message says who, for what, and where. */
public final class AccessRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** What would help. */
  public enum Reason {
    /** Who asks has not proven who that is: a certificate or a token would help. */
    UNAUTHENTICATED,
    /** Who asks is known, and may not: a grant would help. */
    PERMISSION_DENIED
  }

  AccessRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
