package io.troika.it.zodb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Zope, from the package index, whose {@code zope.conf} names three nodes. While it makes
 * content through HTTP it loses the leader and the node that its ZEO client is on. What the script
 * asks for is done here; that nothing was lost is its exit status.
 */
@Tag("once")
@Timeout(900)
class ZopeSmokeIT {
  private static final Pattern WISH = Pattern.compile("PLEASE (.*?)(127\\.0\\.0\\.1:\\d+)?;.*");

  @TempDir Path directory;

  @Test
  void zope_losesTheLeaderAndItsOwnNode_keepsAllContent() throws Exception {
    PythonEnvironment python = PythonEnvironment.require("zope", "zope_smoke/requirements.txt");
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      Process zope =
          python
              .script("zope_smoke/smoke.py", directory, "--addresses", cluster.zeoAddresses())
              .redirectErrorStream(true)
              .start();
      try {
        List<String> output = serve(zope, cluster, probe);
        String all = String.join("\n", output);
        System.out.println(all);
        assertThat(zope.waitFor()).as(all).isZero();
        assertThat(output).filteredOn(line -> line.startsWith("PLEASE")).hasSize(2);
        assertThat(output).last().asString().startsWith("OK: ");
      } finally {
        zope.descendants().forEach(ProcessHandle::destroyForcibly);
        zope.destroyForcibly();
      }
      cluster.nodes().stream().filter(node -> !node.isRunning()).forEach(ZopeSmokeIT::start);
      probe.awaitWhole();
      probe.assertReplicasEqual();
    }
  }

  /** Does what the script asks for, until its output ends. */
  private static List<String> serve(Process zope, ProcessCluster cluster, ClusterProbe probe)
      throws IOException, InterruptedException {
    List<String> output = new ArrayList<>();
    try (BufferedReader lines = zope.inputReader(UTF_8);
        Writer answers = zope.outputWriter(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
        Matcher wish = WISH.matcher(line);
        if (wish.matches()) {
          NodeProcess node = node(wish.group(2), cluster, probe);
          node.kill();
          answers.write("done\n");
          answers.flush();
        }
      }
    }
    return output;
  }

  /** The node at an address, once all nodes run; the leader if there is none. */
  private static NodeProcess node(
      @Nullable String address, ProcessCluster cluster, ClusterProbe probe) {
    if (address == null) {
      return probe.leader();
    }
    cluster.nodes().stream().filter(node -> !node.isRunning()).forEach(ZopeSmokeIT::start);
    probe.awaitWhole();
    return cluster.nodes().stream()
        .filter(node -> node.zeoAddress().equals(address))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no node at " + address));
  }

  private static void start(NodeProcess node) {
    try {
      node.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
