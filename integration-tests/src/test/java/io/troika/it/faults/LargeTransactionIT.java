package io.troika.it.faults;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.ProcessMemory;
import io.troika.it.workload.SteadyWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A transaction of many small objects while another client commits: each node applies it in one
 * step, and whoever commits meanwhile waits for that. Reports how long; asserts no time.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class LargeTransactionIT {
  /** {@code -Dtroika.it.objects=100000}: as many as are allowed. */
  private static final int OBJECTS = Integer.getInteger("troika.it.objects", 20_000);

  private static final int OBJECT_BYTES = Integer.getInteger("troika.it.bytes", 256);
  private static final int READ_AT_ONCE = Math.max(1, (4 << 20) / OBJECT_BYTES);
  private static final long QUIET_MILLIS = 3_000;
  private static final long MIB = 1L << 20;

  @Test
  void transactions_ofManyObjects_whileAnotherClientCommits(@TempDir Path directory)
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster);
        TroikaClient other = PatientClient.connect(cluster.endpoints());
        TroikaClient client = PatientClient.builder(cluster.endpoints()).cacheBytesMax(0).build()) {
      probe.awaitWhole();
      ObjectStore store = client.store("main");
      reportMemory("before", cluster, probe);
      try (SteadyWriter writer = new SteadyWriter(other.store("main"), data(0, 0))) {
        for (int round = 1; round <= FaultRun.rounds(2); round++) {
          List<Oid> oids = create(store, writer, round);
          assertAll(store, oids, round);
          rewrite(store, writer, oids, -round);
          assertAll(store, oids, -round);
        }
      }
      reportMemory("after", cluster, probe);
      probe.assertReplicasEqual();
    }
  }

  private static List<Oid> create(ObjectStore store, SteadyWriter writer, int round)
      throws InterruptedException {
    long begun = begin(writer);
    List<Oid> oids =
        store.run(
            tx -> {
              List<Oid> created = new ArrayList<>(OBJECTS);
              for (int i = 0; i < OBJECTS; i++) {
                created.add(tx.create(data(round, i)));
              }
              return created;
            });
    report("created", begun, writer);
    return oids;
  }

  private static void rewrite(ObjectStore store, SteadyWriter writer, List<Oid> oids, int round)
      throws InterruptedException {
    long begun = begin(writer);
    store.run(
        tx -> {
          for (int i = 0; i < oids.size(); i++) {
            tx.write(oids.get(i), data(round, i));
          }
          return oids;
        });
    report("written again", begun, writer);
  }

  private static long begin(SteadyWriter writer) throws InterruptedException {
    var unused = writer.takeToEnd();
    TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
    System.out.println("commits of another client before: " + SteadyWriter.describe(writer.take()));
    return System.nanoTime();
  }

  private static void report(String what, long begun, SteadyWriter writer)
      throws InterruptedException {
    long took = System.nanoTime() - begun;
    System.out.printf(
        "%,d objects of %,d bytes %s in %,d ms; commits of another client meanwhile: %s%n",
        OBJECTS,
        OBJECT_BYTES,
        what,
        TimeUnit.NANOSECONDS.toMillis(took),
        SteadyWriter.describe(writer.takeToEnd()));
  }

  private static void reportMemory(String when, ProcessCluster cluster, ClusterProbe probe)
      throws Exception {
    NodeProcess leader = probe.leader();
    for (NodeProcess node : cluster.nodes()) {
      System.out.printf(
          "memory %s of %s: resident %d MiB, at most %d MiB%n",
          when,
          node == leader ? "the leader" : "a follower",
          ProcessMemory.residentBytes(node.pid()) / MIB,
          ProcessMemory.peakBytes(node.pid()) / MIB);
    }
  }

  private static void assertAll(ObjectStore store, List<Oid> oids, int round) {
    for (int i = 0; i < oids.size(); i += READ_AT_ONCE) {
      List<Oid> some = oids.subList(i, Math.min(oids.size(), i + READ_AT_ONCE));
      Map<Oid, Revision> found = store.view().readAll(some);
      assertThat(found).hasSameSizeAs(some);
      for (int j = 0; j < some.size(); j++) {
        Revision revision = requireNonNull(found.get(some.get(j)));
        assertThat(revision.data()).isEqualTo(data(round, i + j));
      }
    }
  }

  /** Others for each object: what is one and the same the client would stage once. */
  private static Bytes data(int round, int number) {
    byte[] data = new byte[OBJECT_BYTES];
    ByteBuffer.wrap(data).putInt(round).putInt(number);
    return Bytes.wrap(data);
  }
}
