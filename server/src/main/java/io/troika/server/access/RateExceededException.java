package io.troika.server.access;

import java.time.Duration;

/** A client asks for more than it may have a second; nothing happened. */
public final class RateExceededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Duration retryAfter;

  RateExceededException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** When it may ask again. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
