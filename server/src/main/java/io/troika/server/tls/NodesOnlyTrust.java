package io.troika.server.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts whom another trusts, but of those who connect only nodes: certificates that may be shown
 * by servers too (extended key usage {@code serverAuth}, RFC 5280 section 4.2.1.12). Clients of the
 * same authority have none, so they can't take part in the replication.
 */
final class NodesOnlyTrust extends X509ExtendedTrustManager {
  static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

  private final X509ExtendedTrustManager trust;

  NodesOnlyTrust(X509ExtendedTrustManager trust) {
    this.trust = trust;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    trust.checkClientTrusted(chain, type, socket);
    requireNode(chain[0]);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    trust.checkClientTrusted(chain, type, engine);
    requireNode(chain[0]);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    trust.checkClientTrusted(chain, type);
    requireNode(chain[0]);
  }

  private static void requireNode(X509Certificate certificate) throws CertificateException {
    List<String> usages = certificate.getExtendedKeyUsage();
    if (usages == null || !usages.contains(SERVER_AUTH)) {
      throw new CertificateException(
          "%s: expected the certificate of a node (extended key usage serverAuth), found one of a client"
              .formatted(certificate.getSubjectX500Principal()));
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    trust.checkServerTrusted(chain, type, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    trust.checkServerTrusted(chain, type, engine);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    trust.checkServerTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trust.getAcceptedIssuers();
  }
}
