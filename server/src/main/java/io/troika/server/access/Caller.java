package io.troika.server.access;

/**
 * Who asks, as far as that was proven.
 *
 * @param name of the certificate's subject or of the token; empty for nobody in particular
 */
public record Caller(Kind kind, String name) {
  /** Somebody who proved nothing. */
  public static final Caller ANYBODY = new Caller(Kind.ANYBODY, "");

  /** How it was proven. */
  public enum Kind {
    ANYBODY("anybody"),
    /** A certificate that servers may show: a node of the cluster. */
    NODE("node"),
    CERTIFICATE("certificate"),
    TOKEN("token");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** Whoever has shown a certificate of the authority. */
  public static Caller ofCertificate(String commonName, boolean node) {
    return new Caller(node ? Kind.NODE : Kind.CERTIFICATE, commonName);
  }

  @Override
  public String toString() {
    return name.isEmpty() ? kind.text : "%s '%s'".formatted(kind.text, name);
  }
}
