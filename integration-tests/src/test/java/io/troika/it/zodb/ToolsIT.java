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
 * What sites put around ZEO (storages that wrap one, configuration, scripts, tools) and odd calls,
 * with three nodes and with a stock ZEO server; all that both say is compared. The cases are in
 * {@code zodb_tools}.
 */
@Tag("once")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class ToolsIT {
  private static final long RUN_MINUTES_MAX = 10;
  private static final int CASES_MIN = 20;

  @TempDir Path directory;

  @Test
  void toolsAndOddCalls_sayTheSameAsWithAStockServer() throws Exception {
    PythonEnvironment python =
        PythonEnvironment.require("zodb-tools", "zodb_tools/requirements.txt");
    try (ProcessCluster cluster =
            ProcessCluster.start(directory, 3, "zeo.create-missing-storages = true");
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      String output = run(python, cluster.zeoAddresses());
      System.out.print(output);
      assertThat(output.lines().filter(line -> line.contains(" answers, stock ")).count())
          .isGreaterThan(CASES_MIN);
      probe.assertReplicasEqual();
    }
  }

  /** What it printed; it ended without an error. */
  private String run(PythonEnvironment python, String addresses) throws Exception {
    Path log = directory.resolve("tools.log");
    Process process =
        python
            .script(
                "zodb_tools/tools.py", directory, addresses, directory.resolve("tools").toString())
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
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
