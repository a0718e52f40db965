package io.troika.server.config;

import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * An address as it is written in configuration: {@code host:port}.
 *
 * @param host a name or a literal IPv4 or bracketed IPv6 address, not resolved here
 * @param port 0 to 65535; 0 asks the system for a free one, where listening
 */
public record HostAndPort(String host, int port) {
  public HostAndPort {
    if (host.isBlank() || port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "address '%s:%s': expected host:port with a port from 0 to 65535".formatted(host, port));
    }
  }

  /** Parses {@code host:port}. */
  public static HostAndPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String port = text.substring(colon + 1);
    if (colon < 1 || !port.matches("[0-9]{1,5}") || text.matches(".*[/\\s].*")) {
      throw new IllegalArgumentException("address '%s': expected host:port".formatted(text));
    }
    return new HostAndPort(text.substring(0, colon), Integer.parseInt(port));
  }

  /** Whether it names this machine for itself, by the words: nothing is resolved. */
  public boolean isLoopback() {
    return host.equals("localhost")
        || host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}")
        || host.equals("[::1]");
  }

  /** Whether it is every interface of this machine, by the words: where to listen, not to go. */
  public boolean isAnyHost() {
    return host.equals("0.0.0.0") || host.equals("[::]");
  }

  /** A fresh address for a connection; names are resolved now, so a changed one is followed. */
  public InetSocketAddress toSocketAddress() {
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return new InetSocketAddress(bracketed ? host.substring(1, host.length() - 1) : host, port);
  }

  /** That nobody can listen here, in the words of the first cause, which is the system's. */
  public IOException cannotListen(Throwable failure) {
    Throwable first = failure;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    // That of a name that is unknown says nothing beside its class.
    String why = first.getMessage() == null ? first.getClass().getSimpleName() : first.getMessage();
    return new IOException("can't listen on %s: %s".formatted(this, why), failure);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
