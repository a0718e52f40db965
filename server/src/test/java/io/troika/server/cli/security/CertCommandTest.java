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
