package io.troika.it.zodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.ProcessCluster;
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
      String output =
          python.run(
              "zodb_tools/tools.py",
              directory,
              "tools",
              cluster.zeoAddresses(),
              directory.resolve("tools").toString());
      assertThat(output.lines().filter(line -> line.contains(" answers, stock ")).count())
          .isGreaterThan(CASES_MIN);
      probe.assertReplicasEqual();
    }
  }
}
