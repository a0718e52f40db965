package io.troika.server.cli.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.cli.TypedCommand;
import io.troika.server.cli.options.ExitCodes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code troika cert} makes, and what it refuses; that it works, {@code TlsClusterTest}. */
class CertCommandTest {
  @TempDir Path directory;

  private final TypedCommand troika = new TypedCommand();

  @Test
  void cert_authorityNodeAndClient_areMadeBesideEachOther() {
    assertThat(execute("authority")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("ca.crt");
    assertThat(execute("node", "n1", "localhost", "::1")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("n1.crt");
    assertThat(execute("client", "backend")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("backend.crt");

    assertThat(directory)
        .isDirectoryContaining("glob:**/ca.crt")
        .isDirectoryContaining("glob:**/n1.key")
        .isDirectoryContaining("glob:**/backend.crt");
  }

  @Test
  void cert_nameIsTaken_isRefusedAndLeftAlone() throws Exception {
    execute("authority");
    execute("client", "backend");
    byte[] before = Files.readAllBytes(directory.resolve("backend.crt"));

    assertThat(execute("client", "backend")).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("backend.key: is there already");
    assertThat(directory.resolve("backend.crt")).hasBinaryContent(before);
  }

  @Test
  void renew_whatEndsSoon_orIsNamed() throws Exception {
    execute("authority");
    execute("node", "n1", "localhost", "--days", "20");
    execute("client", "backend");
    byte[] backend = Files.readAllBytes(directory.resolve("backend.crt"));
    byte[] node = Files.readAllBytes(directory.resolve("n1.crt"));

    assertThat(execute("renew", "--within", "19")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("ends so soon");
    assertThat(directory.resolve("n1.crt")).hasBinaryContent(node);

    assertThat(execute("renew")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("n1.crt: valid until").doesNotContain("backend");
    assertThat(Files.readAllBytes(directory.resolve("n1.crt"))).isNotEqualTo(node);
    assertThat(directory.resolve("backend.crt")).hasBinaryContent(backend);

    assertThat(execute("renew", "backend", "-o", "json")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("\"renewed\"", "backend.crt", "\"ends\"");
    assertThat(Files.readAllBytes(directory.resolve("backend.crt"))).isNotEqualTo(backend);
  }

  @Test
  void renew_whatIsNotThere_isNamed() {
    execute("authority");
    assertThat(execute("renew", "n1")).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("n1.crt: no such file or directory");
    assertThat(execute("renew", "ca")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("renew", "--within", "0")).isEqualTo(ExitCodes.USAGE);
  }

  @Test
  void cert_noAuthorityYet_saysWhichFileIsMissing() {
    assertThat(execute("client", "backend")).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("ca.crt: no such file or directory");
  }

  @Test
  void cert_wrongUsage_isSaidSo() {
    assertThat(execute("client", "../x")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("client", "ca")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("client", "x", "--days", "0")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("node", "n1")).isEqualTo(ExitCodes.USAGE);
  }

  private int execute(String command, String... arguments) {
    return troika.execute(
        Stream.concat(Stream.of("cert", command, "-d", directory.toString()), Stream.of(arguments))
            .toArray(String[]::new));
  }
}
