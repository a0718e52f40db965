package io.troika.it.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One Troika node as a process of its own ({@code troika serve}), started from its configuration
 * file as a user would. Not thread-safe.
 */
public final class NodeProcess {
  private static final long EXIT_SECONDS_MAX = 120;

  private final Addresses addresses;
  private final Path directory;
  private List<String> command;
  private final Map<String, String> environment;
  private @Nullable Process process;

  /** Who it is and where it is found: {@code host:port} of each port. */
  record Addresses(String id, String raft, String peer, String client, String zeo) {
    /** Its entry among the members in configuration files. */
    String member() {
      return "  %s { raft = \"%s\", peer = \"%s\", client = \"%s\" }\n"
          .formatted(id, raft, peer, client);
    }
  }

  NodeProcess(
      Addresses addresses, Path directory, List<String> command, Map<String, String> environment) {
    this.addresses = addresses;
    this.directory = directory;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
  }

  /** The node's id. */
  public String id() {
    return addresses.id();
  }

  Addresses addresses() {
    return addresses;
  }

  /** {@code host:port} of its client port. */
  public String clientAddress() {
    return addresses.client();
  }

  /** {@code host:port} of its peer port. */
  public String peerAddress() {
    return addresses.peer();
  }

  /** {@code host:port} for ZEO clients. */
  public String zeoAddress() {
    return addresses.zeo();
  }

  /** Where it keeps its data. */
  public Path dataDirectory() {
    return directory.resolve("data");
  }

  /** Of this node alone: configuration, data, log. */
  public Path directory() {
    return directory;
  }

  /** What it printed, all starts together. */
  public Path log() {
    return directory.resolve("node.log");
  }

  /** Starts the process; does not wait until it serves. */
  public void start() throws IOException {
    if (isRunning()) {
      throw new IllegalStateException("node " + id() + " is running already");
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.environment().putAll(environment);
    process = builder.start();
  }

  /** From its next start on it is run in this way. */
  void runAs(List<String> otherCommand) {
    command = List.copyOf(otherCommand);
  }

  /** Whether the process exists. */
  public boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** The process id. */
  public long pid() {
    return running().pid();
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() throws IOException, InterruptedException {
    signal("KILL");
    awaitExit();
  }

  /**
   * SIGTERM; returns when the process is gone.
   *
   * @return its exit status
   */
  public int terminate() throws IOException, InterruptedException {
    signal("TERM");
    return awaitExit();
  }

  /** SIGSTOP: it hangs, its connections stay. */
  public void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  /** Removes all that it kept. The process must not be running. */
  public void wipe() throws IOException {
    if (isRunning()) {
      throw new IllegalStateException("node " + id() + " is running");
    }
    if (!Files.exists(dataDirectory())) {
      return;
    }
    try (Stream<Path> files = Files.walk(dataDirectory())) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
    if (kill.waitFor() != 0) {
      throw new IOException("kill -%s %s: exit status %s".formatted(name, pid(), kill.exitValue()));
    }
  }

  private int awaitExit() throws IOException, InterruptedException {
    Process ending = running();
    if (!ending.waitFor(EXIT_SECONDS_MAX, TimeUnit.SECONDS)) {
      throw new IOException("node %s did not end in %s s".formatted(id(), EXIT_SECONDS_MAX));
    }
    process = null;
    return ending.exitValue();
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("node " + id() + " is not running");
    }
    return process;
  }
}
