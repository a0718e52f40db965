package io.troika.server.cli.demo;

/** The demo cannot go on. */
public final class DemoException extends Exception {
  private static final long serialVersionUID = 1L;

  public DemoException(String message) {
    super(message);
  }

  public DemoException(String message, Throwable cause) {
    super(message, cause);
  }
}
