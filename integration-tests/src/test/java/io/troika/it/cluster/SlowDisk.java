package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Disks on which each fsync takes as long as a test says: a library of a few lines of C, made by
 * {@code cc} and preloaded into the nodes.
 */
public final class SlowDisk {
  private static final Path SOURCE = Path.of("src/test/c/slow_disk.c").toAbsolutePath();
  private static final String DELAY_FILE = "fsync-millis";
  private static final int COMPILE_SECONDS_MAX = 180;

  private final Path library;

  private SlowDisk(Path library) {
    this.library = library;
  }

  /** Makes the library, in {@code directory}. */
  public static SlowDisk require(Path directory) throws IOException, InterruptedException {
    Path library = directory.resolve("slow_disk.so");
    Path log = directory.resolve("slow_disk.log");
    Process compiler;
    try {
      compiler =
          new ProcessBuilder(
                  List.of(
                      "cc",
                      "-shared",
                      "-fPIC",
                      "-o",
                      library.toString(),
                      SOURCE.toString(),
                      "-ldl"))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw Prerequisite.missing("C compiler", e);
    }
    if (!compiler.waitFor(COMPILE_SECONDS_MAX, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
      compiler.destroyForcibly();
      throw new IOException("cc failed: " + Files.readString(log));
    }
    return new SlowDisk(library);
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
