package io.troika.client.internal.connection;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;

/** The certificate that a client shows, and whose it trusts; or none of that. */
public final class ClientTls {
  /** Plain text. */
  public static final ClientTls NONE = new ClientTls(InsecureChannelCredentials.create());

  private final ChannelCredentials credentials;

  private ClientTls(ChannelCredentials credentials) {
    this.credentials = credentials;
  }

  ChannelCredentials credentials() {
    return credentials;
  }

  /**
   * Reads the files.
   *
   * @throws IllegalArgumentException if a file can't be read, or has no certificate where one
   *     should be
   */
  public static ClientTls read(Path certificate, Path key, Path authority) {
    requireCertificate("certificate", certificate);
    requireCertificate("authority", authority);
    if (!Files.isReadable(key)) {
      throw new IllegalArgumentException(
          "key %s: no such file, or it can't be read".formatted(key));
    }
    try {
      return new ClientTls(
          TlsChannelCredentials.newBuilder()
              .keyManager(certificate.toFile(), key.toFile())
              .trustManager(authority.toFile())
              .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Trusts nodes and shows nothing.
   *
   * @throws IllegalArgumentException if the file can't be read or has no certificate
   */
  public static ClientTls trusting(Path authority) {
    requireCertificate("authority", authority);
    try {
      return new ClientTls(
          TlsChannelCredentials.newBuilder().trustManager(authority.toFile()).build());
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
