package io.troika.server.front.http;

import java.util.Map;

/**
 * An answer over HTTP.
 *
 * @param status such as 200
 * @param body sent as UTF-8
 * @param headers beside those that every answer has
 */
public record Page(int status, String contentType, String body, Map<String, String> headers) {
  public Page {
    headers = Map.copyOf(headers);
  }

  public Page(int status, String contentType, String body) {
    this(status, contentType, body, Map.of());
  }

  /** Answers one path. Called on a thread that may wait, but one of few. */
  @FunctionalInterface
  public interface Source {
    /** The answer now. */
    Page get(Request request);
  }

  static Page text(int status, String text) {
    return new Page(status, "text/plain; charset=utf-8", text);
  }
}
