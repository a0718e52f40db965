package io.troika.server.operator;

/** What an operator asked for was refused, or failed. The message is for them. */
public final class OperationFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** What would help. The names are those of gRPC's statuses, as in the audit log. */
  public enum Reason {
    /** Another request. */
    INVALID_ARGUMENT,
    /** A proof of who asks. */
    UNAUTHENTICATED,
    /** A grant. */
    PERMISSION_DENIED,
    /** Waiting: too much was asked for. */
    RESOURCE_EXHAUSTED,
    /** Waiting: for a leader, or for a node. */
    UNAVAILABLE,
    /** A look into the log. */
    INTERNAL
  }

  public OperationFailedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public OperationFailedException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
