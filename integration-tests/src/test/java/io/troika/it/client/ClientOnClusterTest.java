package io.troika.it.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.ClientListener;
import io.troika.client.Codec;
import io.troika.client.ConflictResolver;
import io.troika.client.Freshness;
import io.troika.client.LeaderInfo;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadPreference;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.Transaction;
import io.troika.client.TransactionQuery;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.PatientClient;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where client and server must agree: limits of messages, freshness, hand-over. */
final class ClientOnClusterTest {
  private static final int TRIES_MAX = 3;

  @TempDir private static Path directory;

  private static LocalCluster cluster;
  private static TroikaClient plain;

  @BeforeAll
  static void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    StartedCluster.awaitMain(cluster);
    plain = PatientClient.connect(cluster.layout().endpoints());
  }

  @AfterAll
  static void stop() {
    plain.close();
    cluster.close();
  }

  private static TroikaClient resolving(ConflictResolver resolver, ClientListener listener) {
    return PatientClient.builder(cluster.layout().endpoints())
        .conflictResolver(resolver)
        .listener(listener)
        .build();
  }

  private static Optional<Bytes> takeCommitted(ConflictResolver.Input input) {
    return Optional.of(input.committed().data());
  }

  /** All that a server may send along: 1 MiB of data, in conflicts of many objects. */
  @Test
  void resolver_conflictsAsLargeAsTheyGet_areMerged() {
    ObjectStore store = plain.store("main");
    List<Oid> oids = new ArrayList<>();
    store.execute(
        tx -> {
          for (int i = 0; i < 1_500; i++) {
            oids.add(tx.create("old", Codec.UTF8));
          }
        });
    // 1,310 of them fit in 1 MiB; the others come without data and are loaded.
    Bytes large = Bytes.wrap(new byte[800]);
    AtomicInteger loads = new AtomicInteger();
    ClientListener counting =
        new ClientListener() {
          @Override
          public void callStarted(long call, String operation) {
            if (operation.equals("LoadSerial")) {
              loads.incrementAndGet();
            }
          }
        };
    try (TroikaClient client = resolving(ClientOnClusterTest::takeCommitted, counting);
        Transaction tx = client.store("main").begin()) {
      tx.readAll(oids);
      oids.forEach(oid -> tx.write(oid, "mine", Codec.UTF8));
      store.execute(other -> oids.forEach(oid -> other.write(oid, large)));

      Tid merged = tx.commit();

      try (var view = store.viewAt(merged)) {
        assertThat(view.readAll(oids).values())
            .hasSize(oids.size())
            .extracting(Revision::data)
            .containsOnly(large);
      }
      assertThat(loads).hasValue(190);
    }
  }

  private static TroikaClient.Builder patient() {
    return TroikaClient.builder()
        .endpoints(cluster.layout().endpoints())
        .callTimeout(Duration.ofSeconds(60));
  }

  /** 12 MiB of old data would take at least three answers. */
  @Test
  void commit_largeObjectsNotRead_asksForTheirSerialsOnce() {
    Bytes large = Bytes.wrap(new byte[1 << 20]);
    List<Oid> oids = new ArrayList<>();
    AtomicInteger loads = new AtomicInteger();
    ClientListener counting =
        new ClientListener() {
          @Override
          public void callStarted(long call, String operation) {
            if (operation.startsWith("Load")) {
              loads.incrementAndGet();
            }
          }
        };
    try (TroikaClient first = patient().build();
        TroikaClient client = patient().listener(counting).build()) {
      for (int i = 0; i < 12; i++) {
        oids.add(first.store("main").run(tx -> tx.create(large)));
      }

      Tid written =
          client.store("main").execute(tx -> oids.forEach(oid -> tx.write(oid, "new", Codec.UTF8)));

      assertThat(loads).hasValue(1);
      assertThat(first.store("main").changes(written)).hasSize(oids.size());
    }
  }

  @Test
  void lists_sessionClientOfAllNodes_neverGoBack() {
    try (TroikaClient client =
        PatientClient.builder(cluster.layout().endpoints())
            .freshness(Freshness.SESSION)
            .readPreference(ReadPreference.ANY)
            .build()) {
      ObjectStore store = client.store("main");
      Oid oid = store.run(tx -> tx.create("0", Codec.UTF8));
      for (int i = 0; i < 10; i++) {
        Tid tid = store.execute(tx -> tx.write(oid, Bytes.EMPTY));
        assertThat(store.history(oid, 1).get(0).tid()).isEqualTo(tid);
        assertThat(store.transactions(TransactionQuery.newestFirst()).findFirst())
            .hasValueSatisfying(record -> assertThat(record.tid()).isGreaterThanOrEqualTo(tid));
        assertThat(store.info().lastTid()).isGreaterThanOrEqualTo(tid);
        assertThat(store.changes(tid)).hasSize(1);
      }
    }
  }

  /** A machine that pauses may elect a leader once more. */
  @Test
  void transferLeadership_any_changesTheLeaderOnce() {
    LeaderInfo before;
    LeaderInfo after;
    int tries = 0;
    do {
      plain.store("main").info();
      before = plain.leader();
      after = plain.admin().transferLeadership("");
    } while (after.term() != before.term() + 1 && ++tries < TRIES_MAX);

    assertThat(after.term()).isEqualTo(before.term() + 1);
    assertThat(after.nodeId()).isNotEqualTo(before.nodeId());
    LeaderInfo last = after;
    await()
        .untilAsserted(
            () -> {
              LeaderInfo now = plain.admin().status().leader();
              assertThat(now.term()).isGreaterThanOrEqualTo(last.term());
              if (now.term() == last.term()) {
                assertThat(now).isEqualTo(last);
              }
            });
  }
}
