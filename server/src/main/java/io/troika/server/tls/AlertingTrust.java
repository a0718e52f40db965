package io.troika.server.tls;

import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSslCertificateException;
import java.net.Socket;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertPathValidatorException.Reason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXReason;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts whom another trusts, and says which TLS alert (RFC 8446 section 6.2) the others get on
 * gRPC ports: netty makes {@code internal_error} of what it does not know, as if this node were
 * broken. Other ports, where the JDK speaks TLS, answer {@code certificate_unknown} to both.
 */
final class AlertingTrust extends X509ExtendedTrustManager {
  /** X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, for the alert {@code unknown_ca}. */
  static final int NO_ISSUER = 20;

  /** X509_V_ERR_CERT_REJECTED, for the alert {@code bad_certificate}. */
  static final int REJECTED = 28;

  private final X509ExtendedTrustManager trust;

  AlertingTrust(X509ExtendedTrustManager trust) {
    this.trust = trust;
  }

  private interface Checking {
    void run() throws CertificateException;
  }

  private static void check(Checking checking) throws CertificateException {
    try {
      checking.run();
    } catch (CertificateException e) {
      throw withAlert(e);
    }
  }

  /** What is wrong with a certificate's time netty finds among the causes by itself. */
  static CertificateException withAlert(CertificateException refusal) {
    int error = REJECTED;
    for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
      if (isOfTime(cause)) {
        return refusal;
      }
      if (isOfAnotherAuthority(cause)) {
        error = NO_ISSUER;
      }
    }
    return as(error, refusal);
  }

  private static boolean isOfTime(Throwable cause) {
    return cause instanceof CertificateExpiredException
        || cause instanceof CertificateNotYetValidException
        || hasReason(cause, BasicReason.EXPIRED)
        || hasReason(cause, BasicReason.NOT_YET_VALID);
  }

  /** There is no path to ours, or only by its name. */
  private static boolean isOfAnotherAuthority(Throwable cause) {
    return cause instanceof CertPathBuilderException
        || hasReason(cause, PKIXReason.NO_TRUST_ANCHOR)
        || hasReason(cause, BasicReason.INVALID_SIGNATURE);
  }

  private static boolean hasReason(Throwable cause, Reason reason) {
    return cause instanceof CertPathValidatorException invalid && invalid.getReason() == reason;
  }

  private static CertificateException as(int error, CertificateException refusal) {
    OpenSslCertificateException named =
        new OpenSslCertificateException(String.valueOf(refusal.getMessage()), error);
    named.initCause(refusal);
    return named;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(() -> trust.checkClientTrusted(chain, type, socket));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(() -> trust.checkClientTrusted(chain, type, engine));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(() -> trust.checkClientTrusted(chain, type));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(() -> trust.checkServerTrusted(chain, type, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(() -> trust.checkServerTrusted(chain, type, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(() -> trust.checkServerTrusted(chain, type));
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trust.getAcceptedIssuers();
  }
}
