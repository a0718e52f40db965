package io.troika.server.front.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.troika.server.access.Caller;
import org.jspecify.annotations.Nullable;

/**
 * What somebody asks over HTTP.
 *
 * @param method such as GET
 * @param path from the first slash to the question mark
 * @param query what follows the question mark; empty without one
 * @param headers theirs, by any case of their names
 * @param body as UTF-8, a few KiB at most
 * @param peer who is at the other end
 */
public record Request(
    String method, String path, String query, Headers headers, String body, Peer peer) {

  /**
   * The other end of a connection.
   *
   * @param address its IP address, without a port
   * @param certificate whom it showed a certificate of; {@link Caller#ANYBODY} without one
   * @param secured whether it has TLS
   */
  public record Peer(String address, Caller certificate, boolean secured) {}

  /** The headers of a request. */
  @FunctionalInterface
  public interface Headers {
    /** The value of the first one of this name, or null. */
    @Nullable String get(String name);

    /** Of a request that was received. */
    static Headers of(HttpHeaders received) {
      return received::get;
    }
  }

  /** The value of a header; empty without it. */
  public String header(String name) {
    String value = headers.get(name);
    return value == null ? "" : value;
  }
}
