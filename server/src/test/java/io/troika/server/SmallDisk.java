package io.troika.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a class with a main method in a process that has a disk of fixed size: one in memory, in a
 * mount namespace of its own, gone with the process. Where the kernel grants no such namespace the
 * test is skipped; with {@code CI=true} it fails.
 */
public final class SmallDisk {
  private static final int RUN_SECONDS_MAX = 500;

  private SmallDisk() {}

  /**
   * Runs {@code main} with the directory of the disk as first argument.
   *
   * @param directory empty; for the disk and the output
   * @return the lines that it prints to the standard output, when it ended with 0
   */
  public static List<String> run(Path directory, int mebibytes, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    requireNamespaces(directory);
    Path disk = Files.createDirectory(directory.resolve("disk"));
    List<String> command =
        new ArrayList<>(
            List.of(
                disk.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                disk.toString()));
    command.addAll(List.of(arguments));
    String mount = "mount -t tmpfs -o size=" + mebibytes + "m tmpfs \"$0\"";
    return shell(directory, mount + " && exec \"$@\"", command);
  }

  private static void requireNamespaces(Path directory) throws IOException, InterruptedException {
    String mount = "mount -t tmpfs tmpfs \"$0\" && echo granted || echo refused";
    List<String> answer;
    try {
      answer = shell(directory, mount, List.of(directory.toString()));
    } catch (IOException | AssertionError e) {
      answer = List.of(String.valueOf(e.getMessage()));
    }
    boolean granted = answer.equals(List.of("granted"));
    if (!granted && "true".equals(System.getenv("CI"))) {
      throw new AssertionError("no mount namespaces, in CI this test must run: " + answer);
    }
    assumeTrue(granted, "no mount namespaces to make a small disk in: " + answer);
  }

  private static List<String> shell(Path directory, String script, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("unshare", "-Urm", "sh", "-c", script));
    command.addAll(arguments);
    Path output = Files.createTempFile(directory, "output", ".txt");
    Path errors = Files.createTempFile(directory, "errors", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertThat(process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue())
        .as(() -> "exit value, of: " + textOf(output) + "\n" + textOf(errors))
        .isZero();
    return Files.readAllLines(output, StandardCharsets.UTF_8);
  }

  private static String textOf(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
