package io.troika.it.zodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The storage tests of the packages ZODB and ZEO, through the unmodified {@code ZEO.ClientStorage},
 * against three nodes. What is left out, and why, is in {@code zodb_mixins/left_out.txt}; the
 * runner holds that list against what really fails.
 */
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ZodbMixinsIT {
  private static final int SHARDS = 3;
  private static final long RUN_MINUTES_MAX = 30;
  private static final int PASSED_MIN = 100;

  @TempDir Path directory;

  @Test
  @Tag("once")
  void allTests_onAQuietCluster_pass() throws Exception {
    run("zeo6", "pickle", false);
  }

  @ParameterizedTest
  @CsvSource({
    "zeo6, pickle, true",
    "zeo6, msgpack, false",
    "zeo6, msgpack, true",
    "zeo5, pickle, false",
    "zeo5, pickle, true",
    "zeo5, msgpack, false",
    "zeo5, msgpack, true",
  })
  void allTests_otherVersionsEncodingsAndUnderTransfers_pass(
      String zeo, String encoding, boolean transfers) throws Exception {
    run(zeo, encoding, transfers);
  }

  private void run(String zeo, String encoding, boolean transfers) throws Exception {
    PythonEnvironment python =
        PythonEnvironment.require(zeo, "zodb_mixins/requirements-" + zeo + ".txt");
    String create = "zeo.create-missing-storages = true";
    try (ProcessCluster cluster =
            ProcessCluster.start(directory, 3, create, "zeo.encoding = " + encoding);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      List<String> output;
      if (transfers) {
        try (LeadershipTransfers running = LeadershipTransfers.start(probe)) {
          output = runShards(python, cluster, encoding);
          System.out.printf("%s transfers of leadership%n", running.count());
        }
      } else {
        output = runShards(python, cluster, encoding);
      }
      for (NodeProcess node : cluster.nodes()) {
        output.addAll(connectionsEnded(node));
      }
      String summary = String.join("\n", output);
      assertThat(output).as(summary).noneMatch(line -> line.startsWith("PROBLEM"));
      assertThat(output.stream().filter(line -> line.contains(" s  passed ")).count())
          .as(summary)
          .isGreaterThan(PASSED_MIN);
    }
  }

  /** Why a node ended connections of its own accord: what a test lost its server by. */
  private static List<String> connectionsEnded(NodeProcess node) throws IOException {
    return Files.readAllLines(node.log()).stream()
        .filter(line -> line.contains("ZEO client") && !line.contains(" left"))
        .map(line -> node.id() + ": " + line)
        .toList();
  }

  private List<String> runShards(PythonEnvironment python, ProcessCluster cluster, String encoding)
      throws IOException, InterruptedException {
    List<Process> processes = new ArrayList<>();
    List<Path> logs = new ArrayList<>();
    try {
      for (int shard = 0; shard < SHARDS; shard++) {
        Path log = directory.resolve("shard-" + shard + ".log");
        logs.add(log);
        processes.add(
            python
                .script(
                    "zodb_mixins/run.py",
                    directory,
                    "--addresses",
                    cluster.zeoAddresses(),
                    "--encoding",
                    encoding,
                    "--shard",
                    shard + "/" + SHARDS)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start());
      }
      List<String> lines = new ArrayList<>();
      for (int shard = 0; shard < SHARDS; shard++) {
        boolean ended = processes.get(shard).waitFor(RUN_MINUTES_MAX, TimeUnit.MINUTES);
        List<String> output = Files.readAllLines(logs.get(shard));
        lines.addAll(output);
        if (!ended || processes.get(shard).exitValue() != 0) {
          lines.add("PROBLEM shard %s did not pass".formatted(shard));
        }
        System.out.println(output.isEmpty() ? "no output" : output.get(output.size() - 1));
      }
      return lines;
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }
}
