package io.troika.server.front.http;

/**
 * An answer over HTTP.
 *
 * @param status such as 200
 * @param body sent as UTF-8
 */
public record Page(int status, String contentType, String body) {

  /** Answers one path. Called on a thread that may wait, but one of few. */
  @FunctionalInterface
  public interface Source {
    /**
     * The answer now.
     *
     * @param query what follows the question mark; empty without one
     */
    Page get(String query);
  }

  static Page text(int status, String text) {
    return new Page(status, "text/plain; charset=utf-8", text);
  }
}
