package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.CacheStatistics;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.workload.CheckedReaders;
import io.troika.it.workload.KnownObjects;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The client's cache across fail-overs. Leaders are killed while a few of many objects are changed
 * all the time. Each read that the cache answered must be what its view may see: the last revision
 * up to the view's tid, of a view that includes all that was acknowledged before it was opened. And
 * what nobody changed must still be in the cache.
 */
@Tag("once")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class CachedReadsIT {
  private static final int READERS = 4;

  /** After each fail-over; {@code -Dtroika.it.reads=1000000} in all. */
  private static final long READS = Integer.getInteger("troika.it.reads", 1_000_000);

  private static final double KEPT_MIN = 0.95;

  @Test
  void leaderKilled_objectsChanging_noCachedReadIsStaleAndTheUnchangedIsKept(
      @TempDir Path directory) throws Exception {
    int rounds = FaultRun.rounds(3);
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster);
        TroikaClient keeper = PatientClient.connect(cluster.endpoints())) {
      probe.awaitWhole();
      try (KnownObjects objects = KnownObjects.create(cluster.endpoints());
          CheckedReaders readers = CheckedReaders.start(cluster.endpoints(), objects, READERS)) {
        ObjectStore kept = keeper.store("main");
        for (int round = 0; round < rounds; round++) {
          readAllUnchanged(kept, objects);
          NodeProcess leader = probe.leader();
          leader.kill();
          double share = shareKept(kept, objects);
          System.out.printf(Locale.ROOT, "kept after a fail-over: %.4f%n", share);
          assertThat(share).isGreaterThanOrEqualTo(KEPT_MIN);
          readers.awaitMoreCachedReads(READS / rounds);
          leader.start();
          probe.awaitWhole();
        }
        CheckedReaders.Report report = readers.stop(objects.stop());
        System.out.println("cached reads across fail-overs: " + report);
        assertThat(report.stale()).isZero();
        assertThat(report.cachedReads()).isGreaterThanOrEqualTo(READS);
        assertThat(report.changesSeen()).isPositive();
        assertThat(report.dropped()).as("changes found by asking what was missed").isPositive();
      }
      probe.assertReplicasEqual();
    }
  }

  private static void readAllUnchanged(ObjectStore store, KnownObjects objects) {
    try (ReadView view = store.view()) {
      for (Oid oid : objects.unchanged()) {
        assertThat(view.find(oid)).isPresent();
      }
    }
  }

  /** How many of the unchanged objects a view of the new term finds without asking a node. */
  private static double shareKept(ObjectStore store, KnownObjects objects) {
    long now;
    try (ReadView view = store.view()) {
      now = view.tid().value();
    }
    await().until(() -> store.cacheStatistics().verifiedTid().value() >= now);
    CacheStatistics before = store.cacheStatistics();
    readAllUnchanged(store, objects);
    CacheStatistics after = store.cacheStatistics();
    long misses = after.misses() - before.misses();
    return 1 - (double) misses / objects.unchanged().size();
  }
}
