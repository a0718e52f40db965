package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import io.troika.it.cluster.PatientClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Two more Raft groups with a storage and a writer each, which knows what was acknowledged. */
final class GroupWriters implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int ACKNOWLEDGED_AFTER = 20;

  private final TroikaClient client;
  private final Map<String, Set<Oid>> acknowledged = new TreeMap<>();
  private final Queue<TroikaException> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  private GroupWriters(TroikaClient client) {
    this.client = client;
  }

  static GroupWriters start(String endpoints) {
    GroupWriters writers = new GroupWriters(PatientClient.connect(endpoints));
    for (String group : List.of("g1", "g2")) {
      writers.client.admin().createGroup(group);
      String storage = "in-" + group;
      writers.client.admin().createStorage(storage, group);
      writers.acknowledged.put(storage, ConcurrentHashMap.newKeySet());
      Thread thread = new Thread(() -> writers.write(storage), "writer-" + storage);
      writers.threads.add(thread);
      thread.start();
    }
    return writers;
  }

  private Set<Oid> acknowledged(String storage) {
    return acknowledged.getOrDefault(storage, Set.of());
  }

  private void write(String storage) {
    ObjectStore store = client.store(storage);
    while (!stopped) {
      try {
        acknowledged(storage).add(store.run(tx -> tx.create(storage, Codec.UTF8)));
      } catch (TroikaException e) {
        failures.add(e); // not acknowledged, so it may be there or not
      }
    }
  }

  /** That node leads the first of the groups, too. */
  void leadWith(String node) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () ->
                leaderOfFirst().equals(node)
                    || client.admin().transferLeadership("g1", node).nodeId().equals(node));
  }

  private String leaderOfFirst() {
    return client.admin().status().groups().stream()
        .filter(group -> group.name().equals("g1"))
        .map(group -> group.leader().nodeId())
        .findFirst()
        .orElse("");
  }

  /** More is acknowledged in each group from now on. */
  void awaitProgress() {
    Map<String, Integer> before = new TreeMap<>();
    acknowledged.forEach((storage, oids) -> before.put(storage, oids.size()));
    await()
        .atMost(PATIENCE)
        .failFast("writers have ended", () -> threads.stream().noneMatch(Thread::isAlive))
        .until(
            () ->
                before.entrySet().stream()
                    .allMatch(
                        each ->
                            acknowledged(each.getKey()).size()
                                >= each.getValue() + ACKNOWLEDGED_AFTER));
  }

  /** All that was acknowledged is there, and on each node. */
  void finish() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join(PATIENCE.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
    for (String storage : acknowledged.keySet()) {
      List<Oid> oids = List.copyOf(acknowledged(storage));
      assertThat(oids).as("%s", failures).hasSizeGreaterThan(ACKNOWLEDGED_AFTER);
      for (int from = 0; from < oids.size(); from += 500) {
        List<Oid> some = oids.subList(from, Math.min(oids.size(), from + 500));
        assertThat(client.store(storage).view().readAll(some)).as(storage).hasSize(some.size());
      }
      VerifyReport report = client.admin().verify(storage, PATIENCE);
      assertThat(report.equal()).as("%s %s", storage, report).isTrue();
    }
  }

  @Override
  public void close() {
    stopped = true;
    client.close();
  }
}
