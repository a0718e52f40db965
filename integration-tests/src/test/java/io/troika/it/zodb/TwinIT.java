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
        assertThat(output).startsWith("seed " + seed);
      }
      probe.assertReplicasEqual();
    }
  }

  private String run(PythonEnvironment python, String addresses, int seed) throws Exception {
    String name = "twin-" + seed;
    Path files = Files.createDirectory(directory.resolve(name));
    return python.run(
        "zodb_twin/twin.py",
        directory,
        name,
        addresses,
        name,
        Integer.toString(seed),
        Integer.toString(STEPS),
        files.toString());
  }
}
