package io.troika.server.front.zeo.session;

/** Nobody is left to answer. */
public final class ConnectionClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConnectionClosedException() {
    super("the connection is closed", null, false, false);
  }
}
