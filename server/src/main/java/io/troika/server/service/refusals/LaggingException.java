package io.troika.server.service.refusals;

/** This node has not applied yet what the request needs, and waited long enough for it. */
public final class LaggingException extends NotNowException {
  private static final long serialVersionUID = 1L;

  public LaggingException(String message) {
    super(message);
  }
}
