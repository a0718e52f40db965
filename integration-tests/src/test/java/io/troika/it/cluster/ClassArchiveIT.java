package io.troika.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A JVM that can't use its class-data archive says nothing and is slow; so this looks. */
@Timeout(300)
@Tag("once")
class ClassArchiveIT {
  @Test
  void packagedProgram_anyCommand_takesItsClassesFromTheArchive() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(NodeFiles.javaBinary());
    command.add("-Xlog:class+load:stdout");
    command.addAll(NodeFiles.program());
    command.add("--version");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(output.lines().filter(line -> line.contains(" io.troika.server.cli.TroikaCommand ")))
        .singleElement()
        .asString()
        .contains("source: shared objects file");
  }
}
