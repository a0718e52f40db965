package io.troika.server.front.zeo.session;

/**
 * The connection has to end: there is no error that tells a client to try again, but it does so by
 * itself when it is disconnected.
 */
public final class CloseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CloseException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
