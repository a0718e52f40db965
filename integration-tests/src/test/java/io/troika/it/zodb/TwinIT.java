package io.troika.it.zodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.ProcessCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same random operations with a FileStorage and, through unmodified ZEO clients on two nodes,
 * with a storage of three nodes; all that both say is compared. Others, or more of them: {@code
 * -Dtroika.it.seed=100 -Dtroika.it.rounds=20}.
 */
@Tag("once")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class TwinIT {
  private static final int STEPS = 300;
  private static final long RUN_MINUTES_MAX = 10;

  @TempDir Path directory;

  @Test
  void randomOperations_sayTheSameAsAFileStorage() throws Exception {
    PythonEnvironment python =
        PythonEnvironment.require("zeo6", "zodb_mixins/requirements-zeo6.txt");
    int first = Integer.getInteger("troika.it.seed", 14);
    int rounds = Integer.getInteger("troika.it.rounds", 2);
    try (ProcessCluster cluster =
            ProcessCluster.start(directory, 3, "zeo.create-missing-storages = true");
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      for (int seed = first; seed < first + rounds; seed++) {
        String output = run(python, cluster.zeoAddresses(), seed);
        System.out.print(output);
        assertThat(output).startsWith("seed " + seed);
      }
      probe.assertReplicasEqual();
    }
  }

  /** What it printed; it ended without an error. */
  private String run(PythonEnvironment python, String addresses, int seed) throws Exception {
    Path files = Files.createDirectory(directory.resolve("twin-" + seed));
    Path log = directory.resolve("twin-" + seed + ".log");
    Process process =
        python
            .script(
                "zodb_twin/twin.py",
                directory,
                addresses,
                "twin-" + seed,
                Integer.toString(seed),
                Integer.toString(STEPS),
                files.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      boolean ended = process.waitFor(RUN_MINUTES_MAX, TimeUnit.MINUTES);
      String output = Files.readString(log);
      assertThat(ended).as("ended in time: %s", output).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      return output;
    } finally {
      process.destroyForcibly();
    }
  }
}
