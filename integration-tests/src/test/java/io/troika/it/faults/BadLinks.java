package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.NodeStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessMemory;
import io.troika.it.network.Links;
import io.troika.it.network.OwnNetwork;
import io.troika.it.workload.SteadyWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/** What {@link BadLinksIT} runs in a network of its own. */
public final class BadLinks {
  private static final int COMMITS = 100;
  private static final int KB = 1_000;

  /** A second's worth at 50 kB/s. */
  private static final int LARGE_BYTES = 48 << 10;

  /** Longer than an election takes, and than a follower may be silent. */
  private static final long BAD_SECONDS = 4;

  /** As much as Ratis sends together. */
  private static final long BEHIND_BYTES = 8 << 20;

  private static final long ENTRIES_MIN = 5;

  /** As of nodes that do the same over good links, {@link MemoryIT}. */
  private static final long RESIDENT_MAX = 1L << 30;

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Links links;
  private final FaultRun run;

  private BadLinks(Links links, FaultRun run) {
    this.links = links;
    this.run = run;
  }

  /** What is done while links are bad. */
  private interface Meanwhile {
    void run() throws Exception;
  }

  /**
   * In a process of {@link OwnNetwork}.
   *
   * @param args the directory of the nodes
   */
  public static void main(String[] args) throws Exception {
    Links links = Links.make(FaultRun.NODES);
    try (FaultRun run = FaultRun.start("bad links", Path.of(args[0]), links)) {
      BadLinks badLinks = new BadLinks(links, run);
      int rounds = FaultRun.rounds(2);
      for (int round = 0; round < rounds; round++) {
        badLinks.slowFollower(50 * KB);
        badLinks.slowLeader(500 * KB);
        badLinks.loss(0.15);
      }
      if (rounds > 1) {
        badLinks.slowFollower(500 * KB);
        badLinks.slowLeader(50 * KB);
        badLinks.loss(0.05);
        badLinks.loss(0.3);
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
      for (NodeProcess node : run.cluster.nodes()) {
        assertThat(ProcessMemory.peakBytes(node.pid())).as(node.id()).isLessThan(RESIDENT_MAX);
      }
    }
    System.exit(0); // whatever else still runs here
  }

  /** More is written than its link carries: it falls behind, and takes what the link carries. */
  private void slowFollower(int bytesPerSecond) throws Exception {
    String follower = run.probe.follower().id();
    links.slow(follower, bytesPerSecond);
    byte[] large = new byte[LARGE_BYTES];
    new Random(bytesPerSecond).nextBytes(large);
    try (TroikaClient client = PatientClient.connect(run.cluster.endpoints());
        SteadyWriter one = new SteadyWriter(client.store("main"), Bytes.wrap(large));
        SteadyWriter other = new SteadyWriter(client.store("main"), Bytes.wrap(large))) {
      during(
          "a follower at %d kB/s".formatted(bytesPerSecond / KB),
          () -> {
            List<Long> commits = new ArrayList<>();
            while (commits.size() * (long) LARGE_BYTES < BEHIND_BYTES) {
              commits.addAll(one.takeToEnd());
              commits.addAll(other.take());
            }
            long behind = applied(follower, index -> index > 0);
            applied(follower, index -> index >= behind + ENTRIES_MIN);
            System.out.printf("large ones: %s%n", SteadyWriter.describe(commits));
          });
    }
    run.awaitWholeAndSteady();
  }

  private void slowLeader(int bytesPerSecond) throws Exception {
    links.slow(run.probe.leader().id(), bytesPerSecond);
    during("a leader at %d kB/s".formatted(bytesPerSecond / KB), () -> {});
    run.awaitWholeAndSteady();
  }

  /** Each way between two nodes loses that much, between a node and a client half of it. */
  private void loss(double part) throws Exception {
    for (NodeProcess node : run.cluster.nodes()) {
      links.lose(node.id(), part / 2);
    }
    during("%.0f %% lost".formatted(100 * part), () -> {});
    run.awaitWholeAndSteady();
  }

  private void during(String what, Meanwhile meanwhile) throws Exception {
    long term = run.probe.client().admin().status().leader().term();
    long fault = System.nanoTime();
    TimeUnit.SECONDS.sleep(BAD_SECONDS); // the fault itself takes this long
    run.awaitProgress(System.nanoTime(), COMMITS);
    meanwhile.run();
    long end = System.nanoTime();
    Duration gap = run.workload.longestGap(fault, end);
    links.heal();
    System.out.printf(
        "%s, for %.1f s: longest time without a commit %d ms; term %d, then %d%n",
        what,
        (end - fault) / 1e9,
        gap.toMillis(),
        term,
        run.probe.client().admin().status().leader().term());
  }

  /** What the node has applied, once that is enough. */
  private long applied(String node, LongPredicate enough) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () ->
                run.probe.client().admin().status().nodes().stream()
                    .filter(status -> status.nodeId().equals(node))
                    .mapToLong(NodeStatus::appliedIndex)
                    .findAny()
                    .orElse(-1),
            enough::test);
  }
}
