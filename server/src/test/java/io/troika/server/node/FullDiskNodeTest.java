package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.SmallDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(600)
final class FullDiskNodeTest {
  /** A node starts only where 256 MiB are free. */
  private static final int DISK_MEBIBYTES = 320;

  @TempDir Path directory;

  @ParameterizedTest(name = "n3 has the small disk, {0} leads")
  @ValueSource(strings = {"n1", "n3"})
  void diskFull_nodeBreaksNamingIt_othersGoOn_nothingAcknowledgedIsLost(String leader)
      throws Exception {
    List<String> printed = SmallDisk.run(directory, DISK_MEBIBYTES, FullDiskNodes.class, leader);

    List<String> lines =
        printed.stream().filter(line -> line.startsWith(FullDiskNodes.MARK)).toList();
    assertThat(lines).as("of %s", printed).hasSize(4);
    assertThat(lines.get(0)).startsWith("> broken: ").contains("No space left on device");
    assertThat(lines.subList(1, 4))
        .containsExactly("> the others go on: true", "> all there: true", "> equal: true");
  }
}
