package io.troika.client.internal;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;

/** Reads the files of a client that shows a certificate. */
public final class ClientTls {
  private ClientTls() {}

  /**
   * The credentials.
   *
   * @throws IllegalArgumentException if a file can't be read, or has no certificate where one
   *     should be
   */
  public static ChannelCredentials credentials(Path certificate, Path key, Path authority) {
    requireCertificate("certificate", certificate);
    requireCertificate("authority", authority);
    if (!Files.isReadable(key)) {
      throw new IllegalArgumentException(
          "key %s: no such file, or it can't be read".formatted(key));
    }
    try {
      return TlsChannelCredentials.newBuilder()
          .keyManager(certificate.toFile(), key.toFile())
          .trustManager(authority.toFile())
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void requireCertificate(String what, Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      var unused =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(bytes));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s %s: no such file, or it can't be read".formatted(what, file), e);
    } catch (CertificateException e) {
      throw new IllegalArgumentException(
          "%s %s: expected a certificate in PEM, found something else".formatted(what, file), e);
    }
  }
}
