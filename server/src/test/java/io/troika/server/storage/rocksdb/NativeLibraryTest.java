package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a process of its own: this one has loaded the library, or will. */
class NativeLibraryTest {
  @Test
  @Timeout(120)
  void temporaryDirectoryMissing_resourcesMade_saysWhatIsNeeded(@TempDir Path directory)
      throws Exception {
    Path missing = directory.resolve("missing");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + missing,
                "-cp",
                System.getProperty("java.class.path"),
                WritingProcess.class.getName(),
                directory.resolve("data").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(output)
        .contains("RocksDB's library can't be loaded from " + missing + " (java.io.tmpdir)");
  }
}
