package io.troika.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are there already. */
class CertificateAuthorityTest {
  private static final Duration YEAR = Duration.ofDays(365);

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
