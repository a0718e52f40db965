package io.troika.it.zodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.TroikaException;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.zodb.WatchedClient.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An unmodified ZEO client with a warm persistent cache, whose node or whose leader is lost while
 * others write: the same process reads only what was committed together, never goes back, commits
 * again, and keeps its cache. More often: {@code -Dtroika.it.rounds=25}.
 */
@Tag("once")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class WarmCacheIT {
  private static final int COMMITS_AFTER = 10;
  private static final long PAUSE_SECONDS = 4;
  private static final double KEPT_MIN = 0.95;
  private static final long GAP_MAX_MILLIS = 9_000;
  private static final int TRIES_MAX = 4;

  @TempDir Path directory;

  /** What is done to the node that the client is on, or to the leader. */
  private enum Fault {
    OWN_NODE_KILLED,
    OWN_NODE_RESTARTED,
    LEADER_KILLED,
    LEADER_PAUSED
  }

  @Test
  void nodesLost_whileOthersWrite_readsOnlyTrueValuesAndCommitsAgain() throws Exception {
    PythonEnvironment python =
        PythonEnvironment.require("zeo6", "zodb_mixins/requirements-zeo6.txt");
    int rounds = Integer.getInteger("troika.it.rounds", 1);
    Path errors = directory.resolve("client.log");
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      Process setUp = script(python, errors, "setup", cluster.zeoAddresses()).start();
      assertThat(setUp.waitFor(180, TimeUnit.SECONDS)).isTrue();
      Process writer = script(python, errors, "write", cluster.zeoAddresses()).start();
      Path cache = Files.createDirectories(directory.resolve("cache"));
      try (WatchedClient client =
          new WatchedClient(
              script(python, errors, "watch", cluster.zeoAddresses(), cache.toString()).start())) {
        client.awaitWarm();
        for (Fault fault : Fault.values()) {
          faults(fault, rounds, cluster, probe, client);
        }
        assertThat(writer.isAlive()).isTrue();
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + Files.readString(errors), e);
      } finally {
        writer.destroyForcibly();
      }
      probe.assertReplicasEqual();
    }
  }

  private ProcessBuilder script(PythonEnvironment python, Path errors, String... arguments) {
    return python
        .script("zodb_race/warm.py", directory, arguments)
        .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
  }

  private static void faults(
      Fault fault, int rounds, ProcessCluster cluster, ClusterProbe probe, WatchedClient client)
      throws IOException, InterruptedException {
    List<Long> gaps = new ArrayList<>();
    double kept = 1;
    for (int round = 0; round < rounds || isLateOnly(gaps, round); round++) {
      probe.awaitWhole();
      client.awaitCommits(System.nanoTime(), COMMITS_AFTER);
      Report before = client.reportConnected();
      NodeProcess node =
          fault == Fault.OWN_NODE_KILLED || fault == Fault.OWN_NODE_RESTARTED
              ? at(cluster, before.node())
              : leaderElsewhere(cluster, probe, before.node());
      long now = System.nanoTime();
      act(fault, node);
      client.awaitCommits(System.nanoTime(), COMMITS_AFTER);
      gaps.add(client.longestGap(now).toMillis());
      Report after = client.report();
      if (!node.isRunning()) {
        node.start();
      }
      kept = Math.min(kept, (double) after.kept() / before.kept());
    }
    System.out.printf("%s, gaps in order: %s ms%n", fault, gaps);
    Collections.sort(gaps);
    System.out.printf(
        "%s: %s times, gap p50 %s ms, max %s ms, unchanged cache entries kept %.1f %%%n",
        fault, gaps.size(), gaps.get(gaps.size() / 2), gaps.get(gaps.size() - 1), 100 * kept);
    // Neither a client's own 9 s between two rounds of attempts, nor the lease of what its node had
    // voted.
    assertThat(gaps.get((gaps.size() - 1) / 2))
        .as("%s: median of the gaps %s", fault, gaps)
        .isLessThan(GAP_MAX_MILLIS);
    assertThat(kept)
        .as("%s: unchanged cache entries that were kept", fault)
        .isGreaterThan(KEPT_MIN);
  }

  /** A machine that is busy may be as late as a client that pauses, but not each time. */
  private static boolean isLateOnly(List<Long> gaps, int round) {
    return round < TRIES_MAX && gaps.stream().allMatch(gap -> gap >= GAP_MAX_MILLIS);
  }

  private static void act(Fault fault, NodeProcess node) throws IOException, InterruptedException {
    switch (fault) {
      case OWN_NODE_KILLED, LEADER_KILLED -> node.kill();
      case OWN_NODE_RESTARTED -> {
        assertThat(node.terminate()).isZero();
        node.start();
      }
      case LEADER_PAUSED -> {
        node.pause();
        TimeUnit.SECONDS.sleep(PAUSE_SECONDS); // the fault itself takes this long
        node.resume();
      }
    }
  }

  private static NodeProcess at(ProcessCluster cluster, String zeoAddress) {
    return cluster.nodes().stream()
        .filter(node -> node.zeoAddress().equals(zeoAddress))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no node at " + zeoAddress));
  }

  /** The leader; leadership is handed on first if the client is on it. */
  private static NodeProcess leaderElsewhere(
      ProcessCluster cluster, ClusterProbe probe, String own) {
    NodeProcess leader = probe.leader();
    if (!leader.zeoAddress().equals(own)) {
      return leader;
    }
    String other =
        cluster.nodes().stream()
            .map(NodeProcess::id)
            .filter(id -> !id.equals(leader.id()))
            .findFirst()
            .orElseThrow();
    await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              var unused = probe.client().admin().transferLeadership(other);
              return !probe.leader().zeoAddress().equals(own);
            });
    return probe.leader();
  }
}
