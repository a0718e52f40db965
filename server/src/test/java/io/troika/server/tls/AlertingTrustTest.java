package io.troika.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.handler.ssl.OpenSslCertificateException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertPathValidatorException.Reason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.PKIXReason;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AlertingTrustTest {
  private static int error(CertificateException refusal) {
    CertificateException named = AlertingTrust.withAlert(refusal);
    assertThat(named).isInstanceOf(OpenSslCertificateException.class).hasCause(refusal);
    return ((OpenSslCertificateException) named).errorCode();
  }

  @Test
  void refusal_withoutAPathToTheAuthority_isOfAnUnknownOne() {
    assertThat(error(new CertificateException("PKIX", new CertPathBuilderException("no path"))))
        .isEqualTo(AlertingTrust.NO_ISSUER);
  }

  @Test
  void refusal_byAnAuthorityThatHasTheNameOfOurs_isOfAnUnknownOne() {
    for (Reason reason : List.of(PKIXReason.NO_TRUST_ANCHOR, BasicReason.INVALID_SIGNATURE)) {
      CertPathValidatorException cause =
          new CertPathValidatorException("PKIX", null, null, -1, reason);
      assertThat(error(new CertificateException("PKIX", cause)))
          .as("%s", reason)
          .isEqualTo(AlertingTrust.NO_ISSUER);
    }
  }

  @Test
  void refusal_ofOurOwn_isOfABadCertificate() {
    assertThat(error(new CertificateException("found one of a client")))
        .isEqualTo(AlertingTrust.REJECTED);
  }

  @Test
  void refusal_forItsTime_isLeftToNetty() {
    CertificateException bare = new CertificateExpiredException("since 2020");
    CertificateException wrapped = new CertificateException("PKIX", bare);

    assertThat(AlertingTrust.withAlert(bare)).isSameAs(bare);
    assertThat(AlertingTrust.withAlert(wrapped)).isSameAs(wrapped);
  }
}
