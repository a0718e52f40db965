package io.troika.server.cli.demo;

import io.troika.client.ClusterStatus;
import io.troika.client.NodeStatus;
import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One demo on a cluster that runs already. Reports each step as it happens. */
final class DemoRun {
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(2);
  private static final Duration VERIFY_MAX = Duration.ofMinutes(10);
  private static final long POLL_MILLIS = 50;
  private static final long LATENCY_NANOS_MAX = TimeUnit.MINUTES.toNanos(5);

  private final DemoCluster cluster;
  private final DemoLoad load;
  private final Consumer<String> out;
  private final Histogram commitNanos = new Histogram(LATENCY_NANOS_MAX, 3);
  private long transactions;
  private long objects;
  private long bytes;
  private String killed = "";
  private Duration failOverGap = Duration.ZERO;

  private DemoRun(DemoCluster cluster, DemoLoad load, Consumer<String> out) {
    this.cluster = cluster;
    this.load = load;
    this.out = out;
  }

  /**
   * Runs it.
   *
   * @param dataFs a FileStorage to load; null: the classes of java.base
   * @param out told each step, a line each
   */
  static DemoResult run(DemoCluster cluster, @Nullable Path dataFs, Consumer<String> out)
      throws IOException, InterruptedException, DemoException {
    try (DemoLoad load = dataFs == null ? JavaBaseClasses.open() : DataFs.open(dataFs)) {
      return run(cluster, load, out);
    }
  }

  static DemoResult run(DemoCluster cluster, DemoLoad load, Consumer<String> out)
      throws IOException, InterruptedException, DemoException {
    return new DemoRun(cluster, load, out).run();
  }

  /**
   * Checks, before anything is started, that a file can be loaded.
   *
   * @throws IOException also if it is damaged elsewhere than at its end
   * @throws DemoException if there is too little in it
   */
  static void check(Path dataFs) throws IOException, DemoException {
    DataFs.open(dataFs).close();
  }

  private DemoResult run() throws IOException, InterruptedException, DemoException {
    out.accept("Loading " + load.description());
    try (DemoReader reader = new DemoReader(cluster.endpoints())) {
      reader.start();
      long start = System.nanoTime();
      loadAll(reader);
      Duration loading = Duration.ofNanos(System.nanoTime() - start);
      reader.stop();
      DemoLoad.ReadBack readBack = readBack();
      boolean equal = restartAndCompare();
      return new DemoResult(
          load.description(),
          transactions,
          readBack.objects(),
          bytes,
          loading,
          commitNanos,
          failOverGap,
          readBack.lost() + Math.max(0, transactions - readBack.transactions()),
          readBack.duplicated(),
          reader.reads(),
          reader.stale(),
          reader.failed(),
          equal);
    }
  }

  private void loadAll(DemoReader reader) throws IOException, InterruptedException, DemoException {
    long half = Math.max(1, load.transactions() / 2);
    try (TroikaClient client = TroikaClient.connect(cluster.endpoints())) {
      ObjectStore store = client.store("main");
      while (true) {
        boolean kill = transactions >= half && killed.isEmpty();
        long start = System.nanoTime();
        if (kill) {
          killLeader(client);
          start = System.nanoTime();
        }
        Optional<DemoLoad.Acknowledged> acknowledged = load.commitNext(store);
        if (acknowledged.isEmpty()) {
          break;
        }
        long took = System.nanoTime() - start;
        if (kill) {
          failOverGap = Duration.ofNanos(took);
          out.accept("The next commit was acknowledged %d ms later".formatted(took / 1_000_000));
        }
        note(acknowledged.get(), took);
        reader.acknowledged(acknowledged.get());
      }
    }
    out.accept(
        String.format(
            Locale.ROOT, "Loaded %,d transactions, %,d revisions", transactions, objects));
  }

  private void note(DemoLoad.Acknowledged acknowledged, long tookNanos) {
    commitNanos.recordValue(Math.min(tookNanos, LATENCY_NANOS_MAX));
    transactions += acknowledged.transactions();
    objects += acknowledged.objects();
    bytes += acknowledged.bytes();
  }

  private void killLeader(TroikaClient client)
      throws IOException, InterruptedException, DemoException {
    killed = client.admin().status().leader().nodeId();
    if (killed.isEmpty()) {
      throw new DemoException("no leader to kill");
    }
    out.accept(
        String.format(
            Locale.ROOT,
            "After %,d transactions: SIGKILL to %s, the leader",
            transactions,
            killed));
    cluster.kill(killed);
  }

  /** Through a client that has seen nothing, on the nodes that survived. */
  private DemoLoad.ReadBack readBack() throws IOException, DemoException {
    try (TroikaClient client = TroikaClient.connect(cluster.runningEndpoints())) {
      out.accept("Reading everything back through a fresh client on the surviving nodes");
      return load.readBack(client.store("main"));
    }
  }

  private boolean restartAndCompare() throws IOException, InterruptedException, DemoException {
    if (!killed.isEmpty()) {
      out.accept("Restarting " + killed);
      cluster.restart(killed);
    }
    try (TroikaClient client = TroikaClient.connect(cluster.endpoints())) {
      awaitCaughtUp(client);
      out.accept("Comparing the digests of all replicas");
      VerifyReport report = client.admin().verify("main", VERIFY_MAX);
      for (VerifyReport.Replica replica : report.replicas()) {
        out.accept(
            replica.problem().isEmpty()
                ? "  %s %s".formatted(replica.nodeId(), Hexadecimal.prefix(replica.digest()))
                : "  %s %s".formatted(replica.nodeId(), replica.problem()));
      }
      return report.equal();
    }
  }

  private void awaitCaughtUp(TroikaClient client) throws InterruptedException, DemoException {
    long end = System.nanoTime() + CATCH_UP_MAX.toNanos();
    String last = "";
    while (System.nanoTime() < end) {
      try {
        ClusterStatus status = client.admin().status();
        if (status.nodes().stream().allMatch(DemoRun::isCaughtUp)) {
          return;
        }
        last = status.nodes().toString();
      } catch (TroikaException e) {
        last = e.toString();
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    throw new DemoException(
        "not all nodes caught up within %s s: %s".formatted(CATCH_UP_MAX.toSeconds(), last));
  }

  private static boolean isCaughtUp(NodeStatus node) {
    return node.reachable() && node.lagEntries() == 0;
  }
}
