package io.troika.server.tls;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.CertificateUtils;
import io.troika.server.config.TlsConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a node's files of TLS, and again when they have changed. They are renewed one after the
 * other, the key perhaps never, by tools that ask nobody: what is half written, or does not belong
 * together, is not taken before it does. On one thread at a time.
 *
 * <p>Not gRPC's own look at files: it takes a certificate only if the key's file is newer too, does
 * not see whether the two belong together, and ends for good at a key that is half written.
 */
final class RenewedFiles {
  private static final Logger logger = LoggerFactory.getLogger(RenewedFiles.class);
  private static final int FILE_BYTES_MAX = 1 << 20;
  private static final byte[] SIGNED = {1, 2, 3};

  private final TlsConfig files;
  private final AdvancedTlsX509KeyManager identity;
  private final AdvancedTlsX509TrustManager trust;
  private volatile Instant expires = Instant.MIN;
  private byte[] certificateTaken = {};
  private byte[] keyTaken = {};
  private byte[] authorityTaken = {};

  RenewedFiles(
      TlsConfig files, AdvancedTlsX509KeyManager identity, AdvancedTlsX509TrustManager trust) {
    this.files = files;
    this.identity = identity;
    this.trust = trust;
  }

  /** Takes all. */
  void read() throws IOException, GeneralSecurityException {
    readIdentity();
    readAuthority();
  }

  /** Takes what has changed. What can't be taken is logged, and what was taken before stays. */
  void look() {
    look(this::readIdentity, files.certificate() + ", " + files.key());
    look(this::readAuthority, files.authority().toString());
  }

  /** When the certificate that was taken expires; from any thread. */
  Instant expires() {
    return expires;
  }

  private interface Reading {
    void run() throws IOException, GeneralSecurityException;
  }

  private static void look(Reading reading, String what) {
    try {
      reading.run();
    } catch (IOException | GeneralSecurityException | RuntimeException e) { // of base64 too
      logger.warn("{}: not taken, what was there before goes on: {}", what, e.toString());
    }
  }

  private void readIdentity() throws IOException, GeneralSecurityException {
    byte[] certificate = content(files.certificate());
    byte[] key = content(files.key());
    if (Arrays.equals(certificate, certificateTaken) && Arrays.equals(key, keyTaken)) {
      return;
    }
    X509Certificate[] chain = certificates(certificate);
    PrivateKey privateKey = CertificateUtils.getPrivateKey(new ByteArrayInputStream(key));
    requirePair(chain[0], privateKey);
    identity.updateIdentityCredentials(chain, privateKey);
    expires = chain[0].getNotAfter().toInstant();
    certificateTaken = certificate;
    keyTaken = key;
  }

  private void readAuthority() throws IOException, GeneralSecurityException {
    byte[] authority = content(files.authority());
    if (!Arrays.equals(authority, authorityTaken)) {
      trust.updateTrustCredentials(certificates(authority));
      authorityTaken = authority;
    }
  }

  private static byte[] content(Path file) throws IOException {
    long size = Files.size(file);
    if (size > FILE_BYTES_MAX) {
      throw new IOException(
          "%s: expected at most %s bytes, found %s".formatted(file, FILE_BYTES_MAX, size));
    }
    return Files.readAllBytes(file);
  }

  private static X509Certificate[] certificates(byte[] pem) throws CertificateException {
    X509Certificate[] certificates =
        CertificateUtils.getX509Certificates(new ByteArrayInputStream(pem));
    if (certificates.length == 0) {
      throw new CertificateException("expected a certificate, found none");
    }
    return certificates;
  }

  static void requirePair(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    Signature signature =
        Signature.getInstance(
            switch (key.getAlgorithm()) {
              case "RSA" -> "SHA256withRSA";
              case "EC" -> "SHA256withECDSA";
              default -> key.getAlgorithm();
            });
    signature.initSign(key);
    signature.update(SIGNED);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(SIGNED);
    if (!signature.verify(signed)) {
      throw new CertificateException("the certificate is not that of the key");
    }
  }
}
