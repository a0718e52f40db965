package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.FaultyDisk;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.WallClocks;
import io.troika.it.history.Attempt;
import io.troika.it.history.HistoryChecker;
import io.troika.it.history.LoggedTransaction;
import io.troika.it.network.Links;
import io.troika.it.workload.RecordedWorkload;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** A cluster under load to which one kind of fault is done again and again. */
final class FaultRun implements AutoCloseable {
  static final int NODES = 3;
  private static final int WRITERS = 8;
  private static final int WARM_UP_COMMITS = 200;
  private static final int STEADY_COMMITS = 500;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  final ProcessCluster cluster;
  final ClusterProbe probe;
  final RecordedWorkload workload;
  private final String fault;
  private final List<Duration> gaps = new ArrayList<>();

  private FaultRun(String fault, ProcessCluster cluster, ClusterProbe probe) {
    this.fault = fault;
    this.cluster = cluster;
    this.probe = probe;
    this.workload = RecordedWorkload.start(cluster.endpoints(), WRITERS, fault.hashCode());
  }

  static FaultRun start(String fault, Path directory, String... settings) throws Exception {
    return start(fault, ProcessCluster.start(directory, NODES, settings));
  }

  static FaultRun start(String fault, Path directory, FaultyDisk disks, String... settings)
      throws Exception {
    return start(fault, ProcessCluster.start(directory, NODES, disks::environment, settings));
  }

  static FaultRun start(String fault, Path directory, WallClocks clocks) throws Exception {
    return start(fault, ProcessCluster.start(directory, NODES, clocks::environment));
  }

  /** The same in a network of its own, whose links the test makes worse. */
  static FaultRun start(String fault, Path directory, Links links) throws Exception {
    String anywhere = "security.plain-text = anywhere";
    return start(fault, ProcessCluster.start(directory, NODES, links, anywhere));
  }

  static FaultRun start(String fault, ProcessCluster cluster) throws Exception {
    ClusterProbe probe = new ClusterProbe(cluster);
    try {
      probe.awaitWhole();
    } catch (Exception | AssertionError e) {
      try (cluster;
          probe) {
        throw e;
      }
    }
    FaultRun run = new FaultRun(fault, cluster, probe);
    try {
      run.awaitProgress(System.nanoTime(), WARM_UP_COMMITS);
      return run;
    } catch (Exception | AssertionError e) {
      try (run) {
        throw e;
      }
    }
  }

  /** How often a fault is done: few in a build, more by {@code -Dtroika.it.rounds=25}. */
  static int rounds(int inABuild) {
    return Integer.getInteger("troika.it.rounds", inABuild);
  }

  void awaitProgress(long fromNanos, int commits) throws InterruptedException {
    assertThat(workload.awaitProgress(fromNanos, commits, PATIENCE))
        .as("%s: %s commits within %s; failures %s", fault, commits, PATIENCE, workload.failures())
        .isTrue();
  }

  /** Waits until the cluster is as before the fault: all replicas equal, and work going on. */
  void awaitWholeAndSteady() throws Exception {
    probe.awaitWhole();
    awaitProgress(System.nanoTime(), STEADY_COMMITS);
  }

  /** Notes the longest time without a commit since the fault. */
  void recordGap(long faultNanos) {
    gaps.add(workload.longestGap(faultNanos, System.nanoTime()));
  }

  /** Stops the clients, holds what they saw against the log, prints the gaps. */
  void finish() throws Exception {
    List<Attempt> attempts = workload.stop();
    probe.awaitWhole();
    List<LoggedTransaction> log = RecordedWorkload.readLog(cluster.endpoints());
    report(attempts);
    assertThat(HistoryChecker.check(attempts, log)).isEmpty();
    assertThat(log).hasSizeGreaterThan(WARM_UP_COMMITS);
    probe.assertReplicasEqual();
  }

  private void report(List<Attempt> attempts) {
    if (gaps.isEmpty()) {
      return;
    }
    System.out.printf("%s, in order: %s%n", fault, gaps.stream().map(Duration::toMillis).toList());
    Collections.sort(gaps);
    System.out.printf(
        Locale.ROOT,
        "%s: %d faults, gap p50 %d ms, max %d ms; %d attempts, %d commits, %d failures %s%n",
        fault,
        gaps.size(),
        gaps.get(gaps.size() / 2).toMillis(),
        gaps.get(gaps.size() - 1).toMillis(),
        attempts.size(),
        workload.acknowledged(),
        workload.failures().size(),
        workload.failures().stream().limit(5).toList());
  }

  @Override
  public void close() throws IOException {
    try (cluster;
        probe;
        workload) {
      // all three, in the reverse order
    }
  }
}
