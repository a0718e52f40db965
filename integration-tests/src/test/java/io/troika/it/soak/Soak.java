package io.troika.it.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.FaultyDisk;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.Replicas;
import io.troika.it.cluster.WallClocks;
import io.troika.it.history.Attempt;
import io.troika.it.history.HistoryChecker;
import io.troika.it.history.LoggedTransaction;
import io.troika.it.network.Links;
import io.troika.it.network.OwnNetwork;
import io.troika.it.workload.RecordedWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code SoakIT} runs in a network of its own: episodes of faults that a seed chooses, under
 * load. After each of them the cluster has to become whole, and nothing acknowledged may be
 * missing.
 */
public final class Soak {
  private static final int NODES = 3;

  /** Each fourth member has a host of its own. */
  private static final int HOSTS = 40;

  private static final int WRITERS = 4;
  private static final int COMMITS_STEADY = 50;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration SURPRISINGLY_LONG = Duration.ofSeconds(10);
  private static final int LOG_LINES = 60;

  private final ProcessCluster cluster;
  private final ClusterProbe probe;
  private final RecordedWorkload workload;
  private final ZodbLoad zodb;
  private final Nemesis nemesis;
  private final Doors doors = new Doors();

  private Soak(
      ProcessCluster cluster,
      ClusterProbe probe,
      RecordedWorkload workload,
      ZodbLoad zodb,
      Nemesis nemesis) {
    this.cluster = cluster;
    this.probe = probe;
    this.workload = workload;
    this.zodb = zodb;
    this.nemesis = nemesis;
  }

  /**
   * In a process of {@link OwnNetwork}; {@code troika.it.seed} and {@code troika.it.episodes} say
   * what.
   *
   * @param args the directory of the nodes
   */
  public static void main(String[] args) throws Exception {
    long seed = Long.getLong("troika.it.seed", 1);
    int first = Integer.getInteger("troika.it.first", 0);
    int episodes = Integer.getInteger("troika.it.episodes", 1);
    Path directory = Path.of(args[0]);
    Links links = Links.make(HOSTS);
    FaultyDisk disks = FaultyDisk.require(directory);
    WallClocks clocks = WallClocks.require(directory);
    try (ProcessCluster cluster =
            ProcessCluster.start(
                directory,
                NODES,
                links,
                own -> both(disks.environment(own), clocks.environment(own)),
                "security.plain-text = anywhere",
                // Often: a broken disk has to be written to, and a log that is gone to be missed.
                "raft.snapshot-entries = 500",
                "raft.preserved-entries = 50");
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      var unused = probe.client().admin().createStorage(ZodbLoad.STORAGE);
      try (ZodbLoad zodb = ZodbLoad.start(directory, cluster);
          RecordedWorkload workload = RecordedWorkload.start(cluster.endpoints(), WRITERS, seed);
          Operations operations = new Operations(cluster, directory);
          Nemesis nemesis =
              new Nemesis(
                  cluster,
                  new BadNodes(cluster, disks, clocks),
                  new BadNetwork(links),
                  operations)) {
        Soak soak = new Soak(cluster, probe, workload, zodb, nemesis);
        soak.awaitSteady();
        for (int number = first; number < first + episodes; number++) {
          soak.live(Episode.choose(seed, number));
        }
        soak.finish();
      }
    }
    System.exit(0); // whatever else still runs here
  }

  /** To be called once where the way to a package index is open. */
  public static void requirePython() {
    var unused = ZodbLoad.python();
  }

  private static Map<String, String> both(Map<String, String> one, Map<String, String> other) {
    Map<String, String> both = new HashMap<>(one);
    other.forEach(
        (name, value) ->
            both.merge(name, value, (first, second) -> first + ":" + second)); // LD_PRELOAD
    return both;
  }

  private void live(Episode episode) throws Exception {
    System.out.println(episode);
    try {
      long began = System.nanoTime();
      nemesis.carryOut(episode);
      long healing = System.nanoTime();
      nemesis.heal();
      long healed = System.nanoTime();
      probe.awaitWhole();
      Duration whole = since(healed);
      awaitSteady();
      Duration steady = since(healed);
      for (NodeProcess node : cluster.nodes()) {
        doors.commitThrough(node);
      }
      Duration open = since(healed);
      probe.assertReplicasEqual();
      Replicas.assertEqual(probe.client(), ZodbLoad.STORAGE);
      zodb.assertRunning();
      checkHistory(workload.attempts());
      System.out.printf(
          Locale.ROOT,
          "  healed in %.1f s; then whole after %.1f s, steady %.1f s, all doors %.1f s%s; longest"
              + " time without a commit %.1f s; %,d commits, %s failures%n",
          Duration.ofNanos(healed - healing).toMillis() / 1e3,
          whole.toMillis() / 1e3,
          steady.toMillis() / 1e3,
          open.toMillis() / 1e3,
          open.compareTo(SURPRISINGLY_LONG) > 0 ? " (LONG)" : "",
          workload.longestGap(began, System.nanoTime()).toMillis() / 1e3,
          workload.acknowledged(),
          workload.failures().size());
    } catch (Exception | AssertionError e) {
      printLogs();
      throw new AssertionError("in " + episode, e);
    }
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  private void awaitSteady() throws InterruptedException {
    assertThat(workload.awaitProgress(System.nanoTime(), COMMITS_STEADY, PATIENCE))
        .as("%s commits within %s; failures %s", COMMITS_STEADY, PATIENCE, lastFailures())
        .isTrue();
  }

  private List<String> lastFailures() {
    List<String> failures = workload.failures();
    return failures.subList(Math.max(0, failures.size() - 5), failures.size());
  }

  private void checkHistory(List<Attempt> attempts) {
    List<LoggedTransaction> log = RecordedWorkload.readLog(cluster.endpoints());
    assertThat(HistoryChecker.check(attempts, log)).isEmpty();
  }

  private void finish() throws Exception {
    try {
      List<Attempt> attempts = workload.stop();
      checkHistory(attempts);
      zodb.finish();
      probe.assertReplicasEqual();
      Replicas.assertEqual(probe.client(), ZodbLoad.STORAGE);
      System.out.printf(
          "%,d attempts, %,d commits, %s failures%n",
          attempts.size(), workload.acknowledged(), workload.failures().size());
    } catch (Exception | AssertionError e) {
      printLogs();
      throw e;
    }
  }

  private void printLogs() throws IOException {
    List<Path> logs = new ArrayList<>(cluster.nodes().stream().map(NodeProcess::log).toList());
    logs.addAll(zodb.logs());
    for (Path log : logs) {
      List<String> lines = Files.readAllLines(log);
      System.out.println("--- the end of " + log);
      lines
          .subList(Math.max(0, lines.size() - LOG_LINES), lines.size())
          .forEach(System.out::println);
    }
  }
}
