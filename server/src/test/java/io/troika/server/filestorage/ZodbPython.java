package io.troika.server.filestorage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * The real ZODB, in a virtual environment that the first test to ask for it makes in {@code target}
 * (python3 with venv and pip is all that must be there), and the files that it writes.
 *
 * <p>Where it cannot be had, tests are skipped; with {@code CI=true} they fail.
 */
public final class ZodbPython {
  private static final Path SOURCES = Path.of("src/test/python").toAbsolutePath();
  private static final Path ENVIRONMENT = Path.of("target/venv-zodb").toAbsolutePath();
  private static final Path FILES = Path.of("target/zodb-files").toAbsolutePath();
  private static final Path TURNS = Path.of("target/venv-zodb.lock").toAbsolutePath();
  private static final int INSTALL_SECONDS_MAX = 600;
  private static final int RUN_SECONDS_MAX = 600;

  private static @Nullable ZodbPython instance;
  private static @Nullable String failure;

  private ZodbPython() {}

  /** The environment, with the files made; skips or fails the test that asks if that is not so. */
  public static synchronized ZodbPython require() {
    if (instance == null && failure == null) {
      prepare();
    }
    if (instance == null) {
      String message = "no ZODB to compare with: " + failure;
      if ("true".equals(System.getenv("CI"))) {
        Assertions.fail(message + "; in CI these tests must run");
      }
      Assumptions.abort(message);
      throw new AssertionError("unreachable");
    }
    return instance;
  }

  /** Where {@code zodb_files.py make} has put its files. */
  public Path files() {
    return FILES;
  }

  /** What FileStorage itself reads from these files, as {@code zodb_files.py} prints it. */
  public List<String> dump(Path file) throws IOException {
    return run(RUN_SECONDS_MAX, python(), script(), "dump", file.toString());
  }

  /**
   * Starts one of the scripts beside {@code zodb_files.py}; its errors go where the test's own go.
   * The caller ends it.
   */
  public Process start(String script, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(python(), SOURCES.resolve(script).toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Runs one of those scripts to its end, and gives what it printed. */
  public List<String> run(String script, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(python(), SOURCES.resolve(script).toString()));
    command.addAll(List.of(arguments));
    return run(RUN_SECONDS_MAX, command.toArray(String[]::new));
  }

  /** Test JVMs run side by side: one of them prepares, the others find it done. */
  private static void prepare() {
    try (FileChannel turns = FileChannel.open(TURNS, CREATE, WRITE)) {
      FileLock unused = turns.lock(); // until the channel is closed
      String versions = Files.readString(SOURCES.resolve("requirements.txt"));
      once(ENVIRONMENT.resolve("installed.txt"), versions, ZodbPython::install);
      once(
          FILES.resolve("made-by.txt"),
          versions + Files.readString(SOURCES.resolve("zodb_files.py")),
          ZodbPython::makeFiles);
      instance = new ZodbPython();
    } catch (IOException e) {
      failure = e.getMessage();
    }
  }

  private static void install() throws IOException {
    run(INSTALL_SECONDS_MAX, "python3", "-m", "venv", "--clear", ENVIRONMENT.toString());
    run(
        INSTALL_SECONDS_MAX,
        python(),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        SOURCES.resolve("requirements.txt").toString());
  }

  private static void makeFiles() throws IOException {
    deleteTree(FILES);
    run(RUN_SECONDS_MAX, python(), script(), "make", FILES.toString());
  }

  private static String python() {
    return ENVIRONMENT.resolve("bin/python").toString();
  }

  private static String script() {
    return SOURCES.resolve("zodb_files.py").toString();
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Runs the step unless {@code stamp} says that it was run for the same {@code input}. */
  private static void once(Path stamp, String input, Step step) throws IOException {
    Optional<String> last =
        Files.exists(stamp) ? Optional.of(Files.readString(stamp)) : Optional.empty();
    if (last.isEmpty() || !last.get().equals(input)) {
      step.run();
      Files.writeString(stamp, input);
    }
  }

  private static List<String> run(int secondsMax, String... command) throws IOException {
    Path output = Files.createTempFile("zodb", ".out");
    Path errors = Files.createTempFile("zodb", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      int code = await(process, secondsMax, command);
      if (code != 0) {
        throw new IOException(
            String.join(" ", command) + " ended with " + code + ": " + tail(errors));
      }
      return Files.readAllLines(output, UTF_8);
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  private static int await(Process process, int secondsMax, String... command) throws IOException {
    try {
      if (process.waitFor(secondsMax, TimeUnit.SECONDS)) {
        return process.exitValue();
      }
      throw new IOException(String.join(" ", command) + " took over " + secondsMax + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String tail(Path errors) throws IOException {
    List<String> lines = Files.readAllLines(errors, UTF_8);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
  }

  private static void deleteTree(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> paths = new ArrayList<>();
    try (var walk = Files.walk(directory)) {
      walk.forEach(paths::add);
    }
    for (int i = paths.size() - 1; i >= 0; i--) {
      Files.delete(paths.get(i));
    }
  }

  /** The lines of a text file. */
  public static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
