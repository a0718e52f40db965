package io.troika.it.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.ClusterAdmin;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PackStatus;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.workload.SteadyWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pack of many revisions while a client commits, one after the other: reports, asserts no time.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class PackIT {
  /** How many revisions the pack removes, about; {@code -Dtroika.it.revisions=200000}. */
  private static final int REVISIONS = Integer.getInteger("troika.it.revisions", 20_000);

  private static final int OBJECTS = 1_000;
  private static final int OBJECT_BYTES = 256;
  private static final Oid ROOT = new Oid(0);
  private static final int KILLS_MAX = 4;
  private static final long LOOK_AGAIN_MILLIS = 50;
  private static final Duration BEFORE = Duration.ofSeconds(5);

  @Test
  void pack_whileAClientCommits_reportsItsTimeAndTheLongestCommit(@TempDir Path directory)
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster);
        TroikaClient writing = PatientClient.connect(cluster.endpoints())) {
      probe.awaitWhole();
      ObjectStore store = probe.client().store("main");
      List<Oid> oids = create(store);
      writeRevisions(store, oids);
      Bytes data = record("written meanwhile", List.of());
      try (SteadyWriter writer = new SteadyWriter(writing.store("main"), data)) {
        TimeUnit.MILLISECONDS.sleep(BEFORE.toMillis());
        List<Long> quiet = writer.take();
        long begun = System.nanoTime();
        PackStatus done = pack(probe.client().admin());
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        List<Long> busy = writer.take();
        System.out.printf(
            "pack of %,d revisions: %,d ms; removed %,d revisions, %,d objects, %,d transactions%n",
            REVISIONS,
            took.toMillis(),
            done.revisionsRemoved(),
            done.objectsRemoved(),
            done.transactionsRemoved());
        System.out.println("commits before the pack: " + SteadyWriter.describe(quiet));
        System.out.println("commits during the pack: " + SteadyWriter.describe(busy));
        assertThat(done.problem()).isEmpty();
        assertThat(done.revisionsRemoved()).isGreaterThanOrEqualTo(REVISIONS - 2L * OBJECTS);
      }
      assertThat(store.view().readAll(oids)).hasSize(OBJECTS);
      probe.assertReplicasEqual();
    }
  }

  @Test
  void pack_leadersKilledMeanwhile_goesOn_andRemovesWhatItShould(@TempDir Path directory)
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
      ObjectStore store = probe.client().store("main");
      List<Oid> oids = create(store);
      List<Oid> kept = oids.subList(0, OBJECTS / 2);
      writeRevisions(store, oids);
      Bytes last = record("the last", List.of());
      store.run(
          tx -> {
            kept.forEach(oid -> tx.write(oid, last));
            tx.write(ROOT, record("root", kept));
            return last;
          });

      ClusterAdmin admin = probe.client().admin();
      PackStatus status = admin.pack("main", Tid.MAX, true);
      int kills = 0;
      while (status.isRunning()) {
        if (kills < KILLS_MAX) {
          NodeProcess leader = probe.leader();
          leader.kill();
          kills++;
          leader.start();
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
        status = admin.packStatus("main").orElseThrow();
      }
      System.out.printf(
          "pack with %s leaders killed: removed %,d revisions, %,d objects%n",
          kills, status.revisionsRemoved(), status.objectsRemoved());
      probe.awaitWhole();

      assertThat(kills).isPositive();
      assertThat(status.problem()).isEmpty();
      assertThat(status.objectsRemoved()).isEqualTo(OBJECTS - kept.size());
      // Another client: the first may have in its cache what could not be reached any more.
      try (TroikaClient other = PatientClient.connect(cluster.endpoints())) {
        Map<Oid, Revision> found = other.store("main").view().readAll(oids);
        assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(kept);
        assertThat(found.values()).allMatch(revision -> revision.data().equals(last));
      }
      probe.assertReplicasEqual();
    }
  }

  private static PackStatus pack(ClusterAdmin admin) throws InterruptedException {
    PackStatus status = admin.pack("main", Tid.MAX, true);
    while (status.isRunning()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      status = admin.packStatus("main").orElseThrow();
    }
    return status;
  }

  private static void writeRevisions(ObjectStore store, List<Oid> oids) {
    for (int i = 1; i < REVISIONS / OBJECTS; i++) {
      Bytes data = record("revision " + i, List.of());
      store.run(
          tx -> {
            oids.forEach(oid -> tx.write(oid, data));
            return data;
          });
    }
  }

  /** The root refers to all. */
  private static List<Oid> create(ObjectStore store) {
    Oid root = store.run(tx -> tx.create(record("root", List.of())));
    assertThat(root).isEqualTo(ROOT);
    return store.run(
        tx -> {
          List<Oid> oids = new ArrayList<>();
          for (int i = 0; i < OBJECTS; i++) {
            oids.add(tx.create(record("revision 0", List.of())));
          }
          tx.write(root, record("root", oids));
          return oids;
        });
  }

  /** A ZODB record: a class, and a list of a string and persistent references. */
  private static Bytes record(String text, List<Oid> references) {
    StringBuilder pickles = new StringBuilder("\u0080\u0003cmodule\nClass\n.\u0080\u0003](");
    String padded = text + " ".repeat(OBJECT_BYTES - 64 - text.length());
    pickles.append('U').append((char) padded.length()).append(padded);
    for (Oid oid : references) {
      byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(oid.value()).array();
      pickles.append("C\u0008").append(new String(bytes, ISO_8859_1)).append('Q');
    }
    return Bytes.copyOf(pickles.append("e.").toString().getBytes(ISO_8859_1));
  }
}
