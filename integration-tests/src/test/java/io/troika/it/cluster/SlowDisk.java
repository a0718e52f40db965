package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;

/** Disks on which each fsync takes as long as a test says: {@code slow_disk.c}, preloaded. */
public final class SlowDisk {
  private static final String DELAY_FILE = "fsync-millis";

  private final Path library;

  private SlowDisk(Path library) {
    this.library = library;
  }

  /** Makes the library, in {@code directory}. */
  public static SlowDisk require(Path directory) throws IOException, InterruptedException {
    return new SlowDisk(PreloadedLibrary.make("slow_disk", directory));
  }

  /** For a node with this directory. */
  public Map<String, String> environment(Path ofNode) {
    return Map.of(
        "LD_PRELOAD", library.toString(), "SLOW_DISK_FILE", ofNode.resolve(DELAY_FILE).toString());
  }

  /** From now on each fsync of the node takes this much longer. */
  public void slowDown(NodeProcess node, Duration delay) throws IOException {
    Path written = Files.writeString(node.directory().resolve("delay"), delay.toMillis() + "\n");
    Path file = node.directory().resolve(DELAY_FILE);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
