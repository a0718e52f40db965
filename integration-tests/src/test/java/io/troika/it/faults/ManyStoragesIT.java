package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.cluster.ProcessMemory;
import io.troika.it.workload.Ballast;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hundreds of storages on three nodes with the launcher's heap: what they cost, and what not. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ManyStoragesIT {
  private static final long MIB = 1L << 20;
  private static final long NODE_MAX = 1024 * MIB;

  private static final int STORAGES = Integer.getInteger("troika.it.storages", 500);
  private static final int COMMITS = Integer.getInteger("troika.it.commits", 10_000);
  private static final int MEGABYTES = Integer.getInteger("troika.it.megabytes", 100);
  private static final int THREADS = 8;
  private static final int CHANGES = 20;
  private static final Duration SPACE_BACK = Duration.ofMinutes(3);

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);

  @Test
  void storages_createdWrittenRenamedAndDropped_costLittle(@TempDir Path directory)
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster);
        TroikaClient client = PatientClient.connect(cluster.endpoints())) {
      probe.awaitWhole();
      report("commits to one storage, cold", commit(client, List.of("main")));
      report("commits to one storage", commit(client, List.of("main")));
      reportMemory("one storage", probe, cluster);

      List<String> names = new ArrayList<>();
      for (int i = 0; i < STORAGES; i++) {
        names.add("storage-" + i);
      }
      report("creations", inParallel(names, name -> client.admin().createStorage(name)));
      assertThat(client.admin().storages()).hasSize(STORAGES + 1);
      report("commits to %s storages, first".formatted(STORAGES), commit(client, names));
      report("commits to %s storages".formatted(STORAGES), commit(client, names));
      reportMemory(STORAGES + " storages", probe, cluster);

      changeStoragesBesideWriters(client, names);
      dropAndGetSpaceBack(client, cluster);
      report("drops", inParallel(names, name -> client.admin().dropStorage(name, 1)));
      assertThat(client.admin().storages()).hasSize(1);

      reportMemory("in the end", probe, cluster);
      for (NodeProcess node : cluster.nodes()) {
        assertThat(ProcessMemory.peakBytes(node.pid())).as(node.id()).isLessThan(NODE_MAX);
      }
      probe.assertReplicasEqual();
    } finally {
      threads.shutdownNow();
    }
  }

  private interface Task {
    void run(String name) throws Exception;
  }

  /** Nanoseconds that each took. */
  private long[] inParallel(List<String> names, Task task) throws Exception {
    AtomicLong next = new AtomicLong();
    long[] nanos = new long[names.size()];
    List<Future<?>> ends = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Callable<Boolean> worker =
          () -> {
            for (int at = (int) next.getAndIncrement();
                at < names.size();
                at = (int) next.getAndIncrement()) {
              long began = System.nanoTime();
              task.run(names.get(at));
              nanos[at] = System.nanoTime() - began;
            }
            return true;
          };
      ends.add(threads.submit(worker));
    }
    for (Future<?> end : ends) {
      end.get();
    }
    return nanos;
  }

  /** One in four reads and writes what is there, the others create an object. */
  private long[] commit(TroikaClient client, List<String> names) throws Exception {
    Random random = new Random(names.size());
    List<String> picked = new ArrayList<>();
    for (int i = 0; i < COMMITS; i++) {
      picked.add(names.get(random.nextInt(names.size())));
    }
    AtomicLong count = new AtomicLong();
    return inParallel(
        picked,
        name -> {
          ObjectStore store = client.store(name);
          Bytes data = Bytes.wrap(new byte[256]);
          Oid known = count.incrementAndGet() % 4 == 0 ? anObject(store) : null;
          if (known == null) {
            store.run(tx -> tx.create(data));
          } else {
            store.run(tx -> tx.write(known, tx.read(known)));
          }
        });
  }

  private static Oid anObject(ObjectStore store) {
    return store.run(
        tx -> {
          try (Stream<Oid> oids = tx.oids(Oid.ROOT)) {
            return oids.findFirst().orElseGet(() -> tx.create(Bytes.EMPTY));
          }
        });
  }

  /** Nobody who writes elsewhere notices. */
  private void changeStoragesBesideWriters(TroikaClient client, List<String> names)
      throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Callable<Long> writer =
        () -> {
          long longest = 0;
          for (int i = 0; !over.get(); i++) {
            ObjectStore store = client.store(names.get(i % names.size()));
            long began = System.nanoTime();
            store.run(tx -> tx.create(Bytes.EMPTY));
            longest = Math.max(longest, System.nanoTime() - began);
          }
          return longest;
        };
    Future<Long> writing = threads.submit(writer);
    long[] nanos = new long[CHANGES];
    for (int i = 0; i < CHANGES; i++) {
      long began = System.nanoTime();
      client.admin().createStorage("passing");
      client.store("passing").run(tx -> tx.create(Bytes.EMPTY));
      client.admin().renameStorage("passing", "renamed");
      client.store("renamed").run(tx -> tx.create(Bytes.EMPTY));
      client.admin().dropStorage("renamed", 1);
      nanos[i] = System.nanoTime() - began;
    }
    over.set(true);
    report("storages created, written, renamed, written, dropped", nanos);
    System.out.printf("longest commit beside them: %d ms%n", writing.get() / 1_000_000);
  }

  private static void dropAndGetSpaceBack(TroikaClient client, ProcessCluster cluster)
      throws Exception {
    client.admin().createStorage("large");
    var oids = Ballast.load(client.store("large"), MEGABYTES);
    assertThat(oids).isNotEmpty();
    long enough = MEGABYTES * MIB / 2; // the rest is in memory
    for (NodeProcess node : cluster.nodes()) {
      await().untilAsserted(() -> assertThat(stateBytes(node)).isGreaterThan(enough));
    }
    long before = stateBytes(cluster.nodes().get(0));
    client.admin().dropStorage("large", 1);
    long began = System.nanoTime();
    for (NodeProcess node : cluster.nodes()) {
      await()
          .atMost(SPACE_BACK)
          .untilAsserted(() -> assertThat(stateBytes(node)).isLessThan(before / 4));
    }
    System.out.printf(
        "%d MiB of tables and blob files before a drop; all nodes below a quarter %d s later%n",
        before / MIB, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
  }

  /** Tables and blob files, without the Raft log. */
  private static long stateBytes(NodeProcess node) throws IOException {
    try (Stream<Path> files = Files.walk(node.dataDirectory())) {
      return files
          .filter(file -> file.toString().endsWith(".sst") || file.toString().endsWith(".blob"))
          .mapToLong(ManyStoragesIT::size)
          .sum();
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return Long.MAX_VALUE; // files come and go: look again
      }
      throw e;
    }
  }

  private static long size(Path file) {
    return file.toFile().length();
  }

  private static void report(String what, long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    System.out.printf(
        "%s: %d, p50 %.1f ms, p99 %.1f ms, max %.1f ms%n",
        what,
        sorted.length,
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6,
        sorted[sorted.length - 1] / 1e6);
  }

  private static void reportMemory(String what, ClusterProbe probe, ProcessCluster cluster)
      throws IOException {
    NodeProcess leader = probe.leader();
    for (NodeProcess node : cluster.nodes()) {
      System.out.printf(
          "memory with %s, %s: resident %d MiB, at most %d MiB%n",
          what,
          node == leader ? "leader" : "follower",
          ProcessMemory.residentBytes(node.pid()) / MIB,
          ProcessMemory.peakBytes(node.pid()) / MIB);
    }
  }
}
