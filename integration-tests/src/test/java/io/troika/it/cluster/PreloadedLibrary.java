package io.troika.it.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A library of a few lines of C, made by {@code cc} to be preloaded into nodes. */
final class PreloadedLibrary {
  private static final Path SOURCES = Path.of("src/test/c").toAbsolutePath();
  private static final int COMPILE_SECONDS_MAX = 180;

  private PreloadedLibrary() {}

  /**
   * Makes it, in {@code directory}.
   *
   * @param name of its source, without the ending
   */
  static Path make(String name, Path directory) throws IOException, InterruptedException {
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
    return library;
  }
}
