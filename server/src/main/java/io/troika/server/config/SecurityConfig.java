package io.troika.server.config;

import java.util.List;

/**
 * What a node allows.
 *
 * @param plainText where it may speak without TLS
 * @param accessRequired whether everybody has to be granted what they do; else all may do all
 * @param administrators common names of certificates that may do everything, without a grant
 */
public record SecurityConfig(
    PlainText plainText, boolean accessRequired, List<String> administrators) {

  /** Where a node may speak plain text. */
  public enum PlainText {
    /** On addresses that only this machine can reach. */
    LOOPBACK,
    /** There, and on the HTTP port everywhere. */
    HTTP,
    /** On every port. */
    ANYWHERE
  }

  public static final SecurityConfig DEFAULT =
      new SecurityConfig(PlainText.LOOPBACK, false, List.of());

  public SecurityConfig {
    administrators = List.copyOf(administrators);
  }

  /** The same, speaking plain text there. */
  public SecurityConfig speakingPlainText(PlainText where) {
    return new SecurityConfig(where, accessRequired, administrators);
  }

  /** The same, where these may do everything and others what they are granted. */
  public SecurityConfig requiringAccess(List<String> newAdministrators) {
    return new SecurityConfig(plainText, true, newAdministrators);
  }
}
