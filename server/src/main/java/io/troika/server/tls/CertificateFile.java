package io.troika.server.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;

/** What can be read of a certificate in a PEM file. */
public final class CertificateFile {
  private CertificateFile() {}

  /**
   * When the first certificate of the file expires.
   *
   * @throws IOException if it can't be read, or holds none; the message names it
   */
  public static Instant expires(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in))
          .getNotAfter()
          .toInstant();
    } catch (CertificateException e) {
      throw new IOException("%s: expected a certificate, found something else".formatted(file), e);
    }
  }
}
