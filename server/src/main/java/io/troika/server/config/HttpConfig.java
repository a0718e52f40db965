package io.troika.server.config;

import org.jspecify.annotations.Nullable;

/**
 * The port for monitoring and the status page.
 *
 * @param listen where it is; null for no such port
 * @param tls whether it has TLS where the other ports have
 */
public record HttpConfig(@Nullable HostAndPort listen, boolean tls) {
  /** No such port. */
  public static final HttpConfig NONE = new HttpConfig(null, true);
}
