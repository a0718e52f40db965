package io.troika.it.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory for what a benchmark stores, often gigabytes. It goes with the benchmark's process,
 * also when that is ended by a signal, and with it the processes that would still write there.
 */
final class BenchDirectory {
  private BenchDirectory() {}

  static Path create() throws IOException {
    Path directory = Files.createTempDirectory("troika-bench");
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> remove(directory), "remove-" + directory.getFileName()));
    return directory;
  }

  private static void remove(Path directory) {
    List<ProcessHandle> writers = ProcessHandle.current().descendants().toList();
    writers.forEach(ProcessHandle::destroyForcibly);
    writers.forEach(writer -> writer.onExit().join());
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(BenchDirectory::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
