package io.troika.server.service.refusals;

/**
 * Family "your mistake": the request can't be met as it is; sending it again does not help. Wrong
 * values that a model type refuses are an {@link IllegalArgumentException} instead; it means the
 * same to the caller.
 */
public final class RequestRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final long limit;
  private final long found;

  public RequestRefusedException(Reason reason, String message) {
    this(reason, message, 0, 0);
  }

  private RequestRefusedException(Reason reason, String message, long limit, long found) {
    super(message);
    this.reason = reason;
    this.limit = limit;
    this.found = found;
  }

  /** The request exceeds a limit; the message must name it, the numbers travel as well. */
  public static RequestRefusedException overLimit(
      Reason reason, String message, long limit, long found) {
    return new RequestRefusedException(reason, message, limit, found);
  }

  public Reason reason() {
    return reason;
  }

  /** The limit that was exceeded, in the unit of the message; 0 if this is not about a limit. */
  public long limit() {
    return limit;
  }

  /** What exceeded {@link #limit}. */
  public long found() {
    return found;
  }

  public enum Reason {
    INVALID_ARGUMENT,
    UNKNOWN_STORAGE,
    UNKNOWN_OBJECT,
    UNKNOWN_TRANSACTION,
    UNKNOWN_SESSION,
    TRANSACTION_TOO_LARGE,
    TOO_MANY_OBJECTS,
    TID_NOT_GREATER,
    OIDS_EXHAUSTED,
    PACKED,
    /** There is no blob with that revision. */
    UNKNOWN_BLOB,
    /** A blob is not staged as it was said to be: it expired, was used, or has another content. */
    STAGING_LOST,
    /** The storage would become larger than its quota. */
    QUOTA_EXCEEDED
  }
}
