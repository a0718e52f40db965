package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;

/**
 * Disks on which an fsync takes as long as a test says, or fails: {@code faulty_disk.c}, preloaded.
 */
public final class FaultyDisk {
  private final PreloadedLibrary library;

  private FaultyDisk(PreloadedLibrary library) {
    this.library = library;
  }

  /** Makes the library, in {@code directory}. */
  public static FaultyDisk require(Path directory) throws IOException, InterruptedException {
    return new FaultyDisk(PreloadedLibrary.make("faulty_disk", directory));
  }

  /** For a node with this directory. */
  public Map<String, String> environment(Path ofNode) {
    return library.environment(ofNode);
  }

  /** From now on each fsync of the node takes this much longer. */
  public void slowDown(NodeProcess node, Duration delay) throws IOException {
    say(node, delay.toMillis() + " /");
  }

  /**
   * From now on each fsync of the node fails with an input/output error (EIO), if its file's path
   * has this part.
   */
  public void failFsync(NodeProcess node, String partOfPath) throws IOException {
    say(node, "fail " + partOfPath);
  }

  /** From now on the node's disk is as a disk should be. */
  public void mend(NodeProcess node) throws IOException {
    slowDown(node, Duration.ZERO);
  }

  private void say(NodeProcess node, String words) throws IOException {
    Path written = Files.writeString(node.directory().resolve("next-fault"), words + "\n");
    Files.move(written, library.file(node.directory()), StandardCopyOption.ATOMIC_MOVE);
  }
}
