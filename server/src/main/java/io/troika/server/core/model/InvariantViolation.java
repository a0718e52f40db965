package io.troika.server.core.model;

/** A broken invariant: a defect or damaged state, never a user's mistake. The node must stop. */
public final class InvariantViolation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvariantViolation(String message) {
    super(message);
  }

  public InvariantViolation(String message, Throwable cause) {
    super(message, cause);
  }
}
