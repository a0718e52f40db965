package io.troika.server.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Files of nodes in tests. */
public final class RaftFiles {
  private RaftFiles() {}

  /** Removes a directory with all that is in it. */
  public static void delete(Path directory) throws IOException {
    try (Stream<Path> content = Files.walk(directory)) {
      for (Path each : content.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
