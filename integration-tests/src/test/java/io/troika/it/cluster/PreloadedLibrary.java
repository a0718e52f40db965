package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A library of a few lines of C, made by {@code cc} to be preloaded into nodes. What it does to a
 * node is said in a file of that node, which the environment names: for {@code set_clock} it is
 * {@code SET_CLOCK_FILE}.
 */
final class PreloadedLibrary {
  private static final Path SOURCES = Path.of("src/test/c").toAbsolutePath();
  private static final int COMPILE_SECONDS_MAX = 180;

  private final String name;
  private final Path library;

  private PreloadedLibrary(String name, Path library) {
    this.name = name;
    this.library = library;
  }

  /**
   * Makes it, in {@code directory}.
   *
   * @param name of its source, without the ending
   */
  static PreloadedLibrary make(String name, Path directory)
      throws IOException, InterruptedException {
    Path library = directory.resolve(name + ".so");
    Path log = directory.resolve(name + ".log");
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
                      SOURCES.resolve(name + ".c").toString(),
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
    return new PreloadedLibrary(name, library);
  }

  /** For a node with this directory. */
  Map<String, String> environment(Path ofNode) {
    return Map.of(
        "LD_PRELOAD",
        library.toString(),
        name.toUpperCase(Locale.ROOT) + "_FILE",
        file(ofNode).toString());
  }

  /** What it reads, of a node with this directory; need not be there. */
  Path file(Path ofNode) {
    return ofNode.resolve(name);
  }
}
