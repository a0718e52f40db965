package io.troika.it.zodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.TroikaException;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four ZODB processes race for the same BTrees and bank accounts, while the leader is killed and
 * leadership handed over. For longer: {@code -Dtroika.it.seconds=180}.
 */
@Tag("once")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RaceIT {
  private static final int WORKERS = 4;
  private static final int FAULT_SECONDS = 4;
  private static final long END_SECONDS_MAX = 300;

  @TempDir Path directory;

  @Test
  void fourProcesses_leadersKilledAndTransferred_nothingLostDoubledOrTorn() throws Exception {
    PythonEnvironment python =
        PythonEnvironment.require("zeo6", "zodb_mixins/requirements-zeo6.txt");
    int seconds = Integer.getInteger("troika.it.seconds", 20);
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      List<String> setUp = new ArrayList<>(List.of("setup", cluster.zeoAddresses()));
      assertThat(end(start(python, "setup", setUp))).isZero();

      List<Process> workers = new ArrayList<>();
      try {
        for (int number = 0; number < WORKERS; number++) {
          List<String> arguments =
              List.of(
                  "work",
                  addresses(cluster, number),
                  Integer.toString(number),
                  Integer.toString(seconds),
                  journal(number));
          workers.add(start(python, "worker-" + number, arguments));
        }
        disturb(cluster, probe, workers);
        for (int number = 0; number < WORKERS; number++) {
          int code = end(workers.get(number));
          String output = Files.readString(log("worker-" + number));
          System.out.print(output);
          assertThat(code).as(output).isZero();
        }
      } finally {
        workers.forEach(Process::destroyForcibly);
      }

      probe.awaitWhole();
      List<String> arguments = new ArrayList<>(List.of("check", cluster.zeoAddresses()));
      Stream.iterate(0, n -> n + 1).limit(WORKERS).forEach(n -> arguments.add(journal(n)));
      int code = end(start(python, "check", arguments));
      String found = Files.readString(log("check"));
      System.out.print(found);
      assertThat(code).as(found).isZero();
      probe.assertReplicasEqual();
    }
  }

  /** Two of the nodes each, so that the processes are on different ones. */
  private static String addresses(ProcessCluster cluster, int number) {
    List<String> all = Arrays.asList(cluster.zeoAddresses().split(","));
    return all.get(number % 3) + "," + all.get((number + 1) % 3);
  }

  /** In turn kills the leader and has leadership handed over, until the workers end. */
  private static void disturb(ProcessCluster cluster, ClusterProbe probe, List<Process> workers)
      throws IOException, InterruptedException {
    int faults = 0;
    while (!workers.get(0).waitFor(FAULT_SECONDS, TimeUnit.SECONDS)) {
      if (faults++ % 2 == 0) {
        NodeProcess leader = probe.leader();
        leader.kill();
        leader.start();
      } else {
        transfer(probe);
      }
    }
    assertThat(faults).isGreaterThan(1);
    System.out.printf("%s faults, on %s nodes%n", faults, cluster.nodes().size());
  }

  private static void transfer(ClusterProbe probe) {
    try {
      var unused = probe.client().admin().transferLeadership("");
    } catch (TroikaException e) {
      System.out.println("a transfer did not come about: " + e.getMessage());
    }
  }

  private Process start(PythonEnvironment python, String name, List<String> arguments)
      throws IOException {
    return python
        .script("zodb_race/race.py", directory, arguments.toArray(String[]::new))
        .redirectErrorStream(true)
        .redirectOutput(log(name).toFile())
        .start();
  }

  private static int end(Process process) throws InterruptedException {
    try {
      assertThat(process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)).as("ended in time").isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private Path log(String name) {
    return directory.resolve(name + ".log");
  }

  private String journal(int number) {
    return directory.resolve("journal-" + number).toString();
  }
}
