package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.SmallDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600)
final class FullDiskTest {
  private static final int DISK_MEBIBYTES = 176;

  @TempDir Path directory;

  @Test
  void diskFull_writesFailWithTheReason_nothingDurableIsLost_andRoomHelps() throws Exception {
    List<String> lines = SmallDisk.run(directory, DISK_MEBIBYTES, FullDiskProcess.class);

    assertThat(lines).hasSize(6);
    assertThat(lines.get(0)).startsWith("failed: ").contains("No space left on device");
    assertThat(lines.get(1)).contains("writing: ").contains("No space left on device");
    assertThat(lines.subList(2, 6))
        .containsExactly(
            "durable as told: true",
            "nothing flushed is lost: true",
            "whole: true",
            "replayed: true");
  }
}
