package io.troika.server.tls;

import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who is at the other end of a connection, by the certificate that was checked when it was made.
 *
 * @param commonName CN of its subject; empty if that has none
 * @param node whether it is one that servers may show, as nodes' are
 */
public record PeerIdentity(String commonName, boolean node) {

  /** Empty: no certificate was shown. */
  public static Optional<PeerIdentity> of(SSLSession session) {
    Certificate[] chain;
    try {
      chain = session.getPeerCertificates();
    } catch (SSLPeerUnverifiedException none) {
      return Optional.empty();
    }
    return chain.length > 0 && chain[0] instanceof X509Certificate shown
        ? Optional.of(of(shown))
        : Optional.empty();
  }

  static PeerIdentity of(X509Certificate certificate) {
    try {
      List<String> usages = certificate.getExtendedKeyUsage();
      return new PeerIdentity(
          commonName(certificate), usages != null && usages.contains(NodesOnlyTrust.SERVER_AUTH));
    } catch (CertificateParsingException | InvalidNameException e) {
      throw new IllegalStateException(
          "a certificate that was trusted can't be read: " + certificate.getSubjectX500Principal(),
          e);
    }
  }

  private static String commonName(X509Certificate certificate) throws InvalidNameException {
    List<Rdn> parts = new LdapName(certificate.getSubjectX500Principal().getName()).getRdns();
    for (int i = parts.size() - 1; i >= 0; i--) { // the most specific part is the last
      if (parts.get(i).getType().equalsIgnoreCase("CN")) {
        return String.valueOf(parts.get(i).getValue());
      }
    }
    return "";
  }
}
