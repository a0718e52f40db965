package io.troika.server.config;

/**
 * What a node allows.
 *
 * @param plainText where it may speak without TLS
 */
public record SecurityConfig(PlainText plainText) {

  /** Where a node may speak plain text. */
  public enum PlainText {
    /** On addresses that only this machine can reach. */
    LOOPBACK,
    /** There, and on the HTTP port everywhere, which then has no TLS. */
    HTTP,
    /** On every port. */
    ANYWHERE
  }

  public static final SecurityConfig DEFAULT = new SecurityConfig(PlainText.LOOPBACK);
}
