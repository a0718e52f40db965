package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ChildProcesses;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.ProcessMemory;
import io.troika.it.workload.Ballast;
import io.troika.server.cli.TroikaCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What nodes take of the machine's memory, whatever is stored in them. */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class MemoryIT {
  private static final long MIB = 1L << 20;
  private static final long DEV_MAX = 1536 * MIB;
  private static final long NODE_MAX = 1024 * MIB;

  private static final int MEGABYTES = Integer.getInteger("troika.it.megabytes", 200);
  private static final int COMMITS = Integer.getInteger("troika.it.commits", 20_000);
  private static final int WRITERS = 64;
  private static final int READ_AT_ONCE = 50;
  private static final Duration READY = Duration.ofMinutes(3);

  /** As the launcher has them. */
  private static final List<String> NODE_OPTIONS =
      List.of("-Xms64m", "-Xmx512m", "-XX:+UseParallelGC", "-XX:+ExitOnOutOfMemoryError");

  @Test
  void dev_threeNodesInOneProcess_loadedAndRead_staysInItsBound(@TempDir Path directory)
      throws Exception {
    Path ready = directory.resolve("ready");
    try (ChildProcesses processes = new ChildProcesses()) {
      processes.start(
          ChildProcesses.java(
              NODE_OPTIONS,
              TroikaCommand.class,
              List.of(
                  "dev",
                  "--ports",
                  "0",
                  "--data",
                  directory.resolve("data").toString(),
                  "--ready-file",
                  ready.toString())),
          directory.resolve("dev.log"));
      await().atMost(READY).until(() -> Files.exists(ready));
      String json = Files.readString(ready);
      long pid = Long.parseLong(all(json, "\"pid\"\\s*:\\s*(\\d+)").get(0));
      report("dev, before", pid);

      work(String.join(",", all(json, "\"grpc\"\\s*:\\s*\"([^\"]+)\"")));

      report("dev, after", pid);
      assertThat(ProcessMemory.peakBytes(pid)).isLessThan(DEV_MAX);
    }
  }

  @Test
  void serve_eachNode_loadedAndRead_staysInItsBound(@TempDir Path directory) throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();

      work(cluster.endpoints());

      for (NodeProcess node : cluster.nodes()) {
        report(node == probe.leader() ? "leader" : "follower", node.pid());
      }
      for (NodeProcess node : cluster.nodes()) {
        assertThat(ProcessMemory.peakBytes(node.pid())).as(node.id()).isLessThan(NODE_MAX);
      }
      probe.assertReplicasEqual();
    }
  }

  private static void report(String what, long pid) throws Exception {
    System.out.printf(
        "memory of %s (%d MB stored, %d small commits): resident %d MiB, at most %d MiB%n",
        what,
        MEGABYTES,
        COMMITS,
        ProcessMemory.residentBytes(pid) / MIB,
        ProcessMemory.peakBytes(pid) / MIB);
  }

  /** Large transactions, many small ones at once, and all that is large read back. */
  private static void work(String endpoints) throws Exception {
    try (TroikaClient client = PatientClient.builder(endpoints).cacheBytesMax(0).build()) {
      ObjectStore store = client.store("main");
      List<Oid> oids = Ballast.load(store, MEGABYTES);
      commitMany(store);
      for (int i = 0; i < oids.size(); i += READ_AT_ONCE) {
        List<Oid> some = oids.subList(i, Math.min(oids.size(), i + READ_AT_ONCE));
        assertThat(store.view().readAll(some)).hasSameSizeAs(some);
      }
    }
  }

  private static void commitMany(ObjectStore store) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        writers.add(
            threads.submit(
                () -> {
                  for (int j = 0; j < COMMITS / WRITERS; j++) {
                    store.run(transaction -> transaction.create(Bytes.wrap(new byte[256])));
                  }
                }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<String> all(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.results().map(result -> result.group(1)).toList();
  }
}
