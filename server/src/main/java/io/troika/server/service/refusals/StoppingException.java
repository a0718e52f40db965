package io.troika.server.service.refusals;

/** This node is being stopped and takes nothing new; another one may. */
public final class StoppingException extends NotNowException {
  private static final long serialVersionUID = 1L;

  public StoppingException(String message) {
    super(message);
  }
}
