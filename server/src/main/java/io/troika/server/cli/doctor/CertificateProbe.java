package io.troika.server.cli.doctor;

import io.troika.server.config.HostAndPort;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the certificate that a port shows, also at one that nobody would trust any more. */
final class CertificateProbe {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateProbe.class);

  private CertificateProbe() {}

  /**
   * When the certificate there expires; null without TLS, or if none was shown in time.
   *
   * @param tls how this command shows itself
   */
  static @Nullable Instant expires(HostAndPort address, NodeTls tls, Duration patience) {
    NodeTls.Managers managers = tls.managers().orElse(null);
    if (managers == null) {
      return null;
    }
    Seen seen = new Seen();
    int millis = (int) patience.toMillis();
    try (Socket plain = new Socket()) {
      plain.connect(address.toSocketAddress(), millis);
      plain.setSoTimeout(millis);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {managers.key()}, new TrustManager[] {seen}, new SecureRandom());
      try (SSLSocket socket =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(plain, address.host(), address.port(), true)) {
        socket.startHandshake();
      }
    } catch (IOException | GeneralSecurityException e) {
      LOG.debug("the handshake with {} failed", address, e); // the certificate may be seen anyway
    }
    return seen.expires;
  }

  /** Keeps what is shown. Trusts everything: nothing is sent over the connection, nor believed. */
  private static final class Seen extends X509ExtendedTrustManager {
    private volatile @Nullable Instant expires;

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      expires = chain[0].getNotAfter().toInstant();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      checkServerTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      checkServerTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
