package io.troika.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.tls.CertificateAuthority.Issued;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are there already. */
class CertificateAuthorityTest {
  private static final Duration YEAR = Duration.ofDays(365);
  private static final Duration MONTH = Duration.ofDays(30);

  @TempDir Path directory;

  /** Its key is kept elsewhere, as it should be. */
  @Test
  void create_besideACertificateWithoutItsKey_makesNoKey() throws IOException {
    assertThat(CertificateAuthority.create(directory, Clock.systemUTC())).isNotNull();
    Path key = directory.resolve("ca.key");
    Files.delete(key);

    assertThatThrownBy(() -> CertificateAuthority.create(directory, Clock.systemUTC()))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("ca.crt");

    assertThat(key).doesNotExist();
  }

  /** The node has it. */
  @Test
  void issue_besideACertificateWithoutItsKey_makesNoKey() throws IOException {
    CertificateAuthority authority = CertificateAuthority.create(directory, Clock.systemUTC());
    assertThat(authority.issueNode("n1", List.of("127.0.0.1"), YEAR)).exists();
    Path key = directory.resolve("n1.key");
    Files.delete(key);

    assertThatThrownBy(() -> authority.issueNode("n1", List.of("127.0.0.1"), YEAR))
        .isInstanceOf(FileAlreadyExistsException.class);

    assertThat(key).doesNotExist();
  }

  private X509Certificate read(Path file) throws Exception {
    try (var in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  @Test
  void renew_isForTheSameHostsUsesAndKey_butEndsLater() throws Exception {
    CertificateAuthority authority = CertificateAuthority.create(directory, Clock.systemUTC());
    Path file = authority.issueNode("n1", List.of("node1.example", "10.0.0.1"), MONTH);
    X509Certificate old = read(file);
    byte[] key = Files.readAllBytes(directory.resolve("n1.key"));

    Issued renewed = authority.renew("n1", YEAR);

    X509Certificate now = read(renewed.file());
    assertThat(renewed.file()).isEqualTo(file);
    assertThat(Duration.between(old.getNotAfter().toInstant(), now.getNotAfter().toInstant()))
        .isGreaterThan(YEAR.minus(MONTH).minusMinutes(1));
    assertThat(renewed.ends()).isEqualTo(now.getNotAfter().toInstant());
    assertThat(now.getSerialNumber()).isNotEqualTo(old.getSerialNumber());
    assertThat(now.getSubjectX500Principal()).isEqualTo(old.getSubjectX500Principal());
    assertThat(now.getSubjectAlternativeNames())
        .containsExactlyElementsOf(old.getSubjectAlternativeNames());
    assertThat(now.getExtendedKeyUsage()).isEqualTo(old.getExtendedKeyUsage());
    assertThat(now.getKeyUsage()).isEqualTo(old.getKeyUsage());
    assertThat(now.getBasicConstraints()).isEqualTo(-1);
    assertThat(now.getPublicKey()).isEqualTo(old.getPublicKey());
    now.verify(read(directory.resolve("ca.crt")).getPublicKey());
    assertThat(directory.resolve("n1.key")).hasBinaryContent(key);
    assertThat(directory).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void renew_ofAnotherAuthority_isRefusedAndLeftAlone() throws Exception {
    Path other = directory.resolve("other");
    CertificateAuthority authority = CertificateAuthority.create(directory, Clock.systemUTC());
    Path foreign =
        CertificateAuthority.create(other, Clock.systemUTC()).issueClient("backend", YEAR);
    Path here = Files.copy(foreign, directory.resolve("backend.crt"));
    assertThat(authority.issueClient("ours", YEAR)).exists();

    assertThatThrownBy(() -> authority.renew("backend", YEAR))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("backend.crt: expected a certificate of the authority");

    assertThat(here).hasSameBinaryContentAs(foreign);
    assertThat(authority.issued()).extracting(Issued::name).containsExactly("ours");
  }

  @Test
  void open_keyOfAnotherAuthority_isRefused() throws IOException {
    Path other = directory.resolve("other");
    assertThat(CertificateAuthority.create(directory, Clock.systemUTC())).isNotNull();
    assertThat(CertificateAuthority.create(other, Clock.systemUTC())).isNotNull();
    Files.delete(directory.resolve("ca.key"));
    Files.copy(other.resolve("ca.key"), directory.resolve("ca.key"));

    assertThatThrownBy(() -> CertificateAuthority.open(directory, Clock.systemUTC()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ca.key")
        .hasRootCauseMessage("the certificate is not that of the key");
  }
}
