package io.troika.server.front.zeo.wire;

/**
 * A client sent what the protocol does not allow: a frame, a handshake, a message or an argument.
 * The message says what was expected and found; it goes into a log, or to the client.
 */
public final class ZeoProtocolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ZeoProtocolException(String message) {
    super(message);
  }

  public ZeoProtocolException(String message, Throwable cause) {
    super(message, cause);
  }
}
