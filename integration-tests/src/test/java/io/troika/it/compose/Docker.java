package io.troika.it.compose;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command {@code docker}, with an environment for all its calls. */
final class Docker {
  private static final long MINUTES_MAX = 5;
  private static final int OUTPUT_TOLD = 4_000;

  private final Map<String, String> environment;

  Docker(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** What a call ended with: its exit code, and standard output and error together. */
  record Result(int code, String output) {}

  /** Output of a call that has to succeed. */
  String run(String... arguments) throws IOException, InterruptedException {
    return run(Map.of(), arguments);
  }

  /** The same, with more in its environment. */
  String run(Map<String, String> more, String... arguments)
      throws IOException, InterruptedException {
    Result result = call(more, arguments);
    if (result.code() != 0) {
      int from = Math.max(0, result.output().length() - OUTPUT_TOLD);
      throw new IOException(
          "docker %s ended with %s: %s"
              .formatted(
                  String.join(" ", arguments), result.code(), result.output().substring(from)));
    }
    return result.output();
  }

  /** A call that may fail. */
  Result call(Map<String, String> more, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("docker-", ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      builder.environment().putAll(more);
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(MINUTES_MAX, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IOException("docker %s takes too long".formatted(String.join(" ", arguments)));
      }
      String text = Files.readString(output, StandardCharsets.UTF_8).strip();
      return new Result(process.exitValue(), text);
    } finally {
      Files.delete(output);
    }
  }
}
