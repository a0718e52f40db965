package io.troika.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.cli.options.ExitCodes;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code troika cert} makes, and what it refuses; that it works, {@code TlsClusterTest}. */
class CertCommandTest {
  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void cert_authorityNodeAndClient_areMadeBesideEachOther() {
    assertThat(execute("authority")).isEqualTo(ExitCodes.OK);
    assertThat(execute("node", "n1", "localhost", "::1")).isEqualTo(ExitCodes.OK);
    assertThat(execute("client", "backend")).isEqualTo(ExitCodes.OK);

    assertThat(directory)
        .isDirectoryContaining("glob:**/ca.crt")
        .isDirectoryContaining("glob:**/n1.key")
        .isDirectoryContaining("glob:**/backend.crt");
    assertThat(out.toString().lines()).hasSize(3);
  }

  @Test
  void cert_nameIsTaken_isRefusedAndLeftAlone() throws Exception {
    execute("authority");
    execute("client", "backend");
    byte[] before = Files.readAllBytes(directory.resolve("backend.crt"));

    assertThat(execute("client", "backend")).isEqualTo(ExitCodes.FAILED);

    assertThat(err.toString()).contains("backend.key: is there already");
    assertThat(directory.resolve("backend.crt")).hasBinaryContent(before);
  }

  @Test
  void cert_noAuthorityYet_saysWhichFileIsMissing() {
    assertThat(execute("client", "backend")).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).contains("ca.crt: no such file or directory");
  }

  @Test
  void cert_wrongUsage_isSaidSo() {
    assertThat(execute("client", "../x")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("client", "ca")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("client", "x", "--days", "0")).isEqualTo(ExitCodes.USAGE);
    assertThat(execute("node", "n1")).isEqualTo(ExitCodes.USAGE);
  }

  private int execute(String command, String... arguments) {
    return TroikaCommand.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(
            Stream.concat(
                    Stream.of("cert", command, "-d", directory.toString()), Stream.of(arguments))
                .toArray(String[]::new));
  }
}
