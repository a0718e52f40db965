package io.troika.it.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.it.cluster.ProcessCluster;
import io.troika.it.zodb.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Unmodified ZEO clients in a storage of their own, which may be packed: one of {@code race.py},
 * with a total that never changes, and one of {@code warm.py} with a persistent cache, which must
 * never go back, beside one that writes what it reads. Each ends by itself if it sees what must not
 * be.
 */
final class ZodbLoad implements AutoCloseable {
  static final String STORAGE = "site";
  private static final long END_SECONDS_MAX = 300;
  private static final String FOR_EVER = "1000000";

  private final PythonEnvironment python;
  private final Path directory;
  private final ProcessCluster cluster;
  private final Map<String, Process> processes = new LinkedHashMap<>();

  private ZodbLoad(PythonEnvironment python, Path directory, ProcessCluster cluster) {
    this.python = python;
    this.directory = directory;
    this.cluster = cluster;
  }

  /** To be asked for once where the way to a package index is open. */
  static PythonEnvironment python() {
    return PythonEnvironment.require("zeo6", "zodb_mixins/requirements-zeo6.txt");
  }

  /** The storage has to be there. Returns when all are at work: from then on they bear faults. */
  static ZodbLoad start(Path directory, ProcessCluster cluster)
      throws IOException, InterruptedException {
    ZodbLoad load = new ZodbLoad(python(), directory, cluster);
    String addresses = cluster.zeoAddresses();
    load.toEnd("race-setup", "race.py", "setup", addresses);
    load.toEnd("warm-setup", "warm.py", "setup", addresses);
    Path cache = Files.createDirectories(directory.resolve("cache"));
    load.begin("race", "race.py", "work", addresses, "0", FOR_EVER, load.journal());
    load.begin("warm-write", "warm.py", "write", addresses);
    load.begin("warm-watch", "warm.py", "watch", addresses, cache.toString());
    load.awaitWords(Path.of(load.journal()), "ack ");
    load.awaitWords(load.log("warm-write"), "writing");
    load.awaitWords(load.log("warm-watch"), "warm");
    return load;
  }

  private void awaitWords(Path file, String words) {
    await(words + " in " + file)
        .atMost(Duration.ofSeconds(END_SECONDS_MAX))
        .until(
            () -> {
              assertRunning();
              return Files.exists(file) && Files.readString(file).contains(words);
            });
  }

  /** None of them has seen what must not be. */
  void assertRunning() throws IOException {
    for (Map.Entry<String, Process> each : processes.entrySet()) {
      assertThat(each.getValue().isAlive())
          .as("%s is running: %s", each.getKey(), Files.readString(log(each.getKey())))
          .isTrue();
    }
  }

  /** Ends them wherever they are, and holds what the first was told against what is there. */
  void finish() throws IOException, InterruptedException {
    assertRunning();
    close();
    toEnd("check", "race.py", "check", cluster.zeoAddresses(), journal());
    System.out.print(Files.readString(log("check")));
  }

  private void begin(String name, String script, String... arguments) throws IOException {
    processes.put(name, process(name, script, arguments));
  }

  private void toEnd(String name, String script, String... arguments)
      throws IOException, InterruptedException {
    Process process = process(name, script, arguments);
    try {
      boolean inTime = process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS);
      assertThat(inTime && process.exitValue() == 0)
          .as("%s ends well: %s", name, Files.readString(log(name)))
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  private Process process(String name, String script, String... arguments) throws IOException {
    ProcessBuilder builder =
        python
            .script("zodb_race/" + script, directory, arguments)
            .redirectErrorStream(true)
            .redirectOutput(log(name).toFile());
    builder.environment().put("ZEO_STORAGE", STORAGE);
    return builder.start();
  }

  /** What each of them said. */
  List<Path> logs() {
    return processes.keySet().stream().map(this::log).toList();
  }

  private Path log(String name) {
    return directory.resolve(name + ".log");
  }

  private String journal() {
    return directory.resolve("journal").toString();
  }

  @Override
  public void close() {
    processes.values().forEach(Process::destroyForcibly);
  }
}
