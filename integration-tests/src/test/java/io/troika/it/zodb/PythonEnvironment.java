package io.troika.it.zodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.Prerequisite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Python with one version of ZEO, in a virtual environment that the first test to ask for it makes
 * in {@code target}. Where it can't be had tests are skipped; with {@code CI=true} they fail.
 */
public final class PythonEnvironment {
  private static final Path SOURCES = Path.of("src/test/python").toAbsolutePath();
  private static final int INSTALL_SECONDS_MAX = 600;
  private static final long RUN_MINUTES_MAX = 10;
  private static final Map<String, PythonEnvironment> MADE = new HashMap<>();

  private final Path directory;

  private PythonEnvironment(Path directory) {
    this.directory = directory;
  }

  /**
   * The environment of {@code src/test/python/REQUIREMENTS}.
   *
   * @param name of its directory
   */
  public static synchronized PythonEnvironment require(String name, String requirements) {
    PythonEnvironment made = MADE.get(name);
    if (made != null) {
      return made;
    }
    try {
      PythonEnvironment environment = make(name, SOURCES.resolve(requirements));
      MADE.put(name, environment);
      return environment;
    } catch (IOException e) {
      throw Prerequisite.missing("Python environment " + name, e);
    }
  }

  private static PythonEnvironment make(String name, Path requirements) throws IOException {
    Path directory = Path.of("target", "venv-" + name).toAbsolutePath();
    Path stamp = directory.resolve("installed.txt");
    String versions = Files.readString(requirements);
    PythonEnvironment environment = new PythonEnvironment(directory);
    if (!Files.exists(stamp) || !Files.readString(stamp).equals(versions)) {
      run(List.of("python3", "-m", "venv", "--clear", directory.toString()));
      run(
          List.of(
              environment.python(),
              "-m",
              "pip",
              "install",
              "--quiet",
              "--disable-pip-version-check",
              "-r",
              requirements.toString()));
      Files.writeString(stamp, versions);
    }
    return environment;
  }

  private static void run(List<String> command) throws IOException {
    Path log = Files.createTempFile("python", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (!process.waitFor(INSTALL_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + " failed: " + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
      Files.delete(log);
    }
  }

  private String python() {
    return directory.resolve("bin/python").toString();
  }

  /**
   * A script below {@code src/test/python}, not started yet.
   *
   * @param temporary where it may leave files
   */
  public ProcessBuilder script(String script, Path temporary, String... arguments) {
    List<String> command = new ArrayList<>(List.of(python(), SOURCES.resolve(script).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TMPDIR", temporary.toString());
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    return builder;
  }

  /**
   * Runs a script below {@code src/test/python} to its end, which has to come in time and without
   * an error.
   *
   * @param temporary where it may leave files
   * @param name of this run, for the file with its output
   * @return what it printed, which is printed here too
   */
  String run(String script, Path temporary, String name, String... arguments)
      throws IOException, InterruptedException {
    Path log = temporary.resolve(name + ".log");
    Process process =
        script(script, temporary, arguments)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      boolean ended = process.waitFor(RUN_MINUTES_MAX, TimeUnit.MINUTES);
      String output = Files.readString(log);
      assertThat(ended).as("%s ended in time: %s", name, output).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      System.out.print(output);
      return output;
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
