package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Bytes;
import io.troika.client.Codec;
import io.troika.client.ConflictException;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.RecordedChange;
import io.troika.client.RestoredTransaction;
import io.troika.client.Tid;
import io.troika.client.Transaction;
import io.troika.client.TransactionMetadata;
import io.troika.client.TroikaClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions over the entry limit through the Java client, on three nodes in this JVM. */
@Timeout(600)
class LargeTransactionTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    client =
        TroikaClient.builder()
            .endpoints(cluster.layout().endpoints())
            .callTimeout(PATIENCE)
            .runTimeout(PATIENCE)
            .build();
    WholeCluster.awaitIt(client, PATIENCE);
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private static Bytes random(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  /** Twenty large objects, and as many small ones between them. */
  private static Map<Oid, Bytes> fill(Transaction transaction) {
    Map<Oid, Bytes> objects = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      for (Bytes data : List.of(random(i, MIB - i), random(i, i))) {
        objects.put(transaction.create(data), data);
      }
    }
    return objects;
  }

  private void assertHolds(ObjectStore in, Map<Oid, Bytes> objects) {
    Map<Oid, Bytes> found = new LinkedHashMap<>();
    objects.keySet().forEach(oid -> found.put(oid, in.run(tx -> tx.read(oid))));
    assertThat(found).isEqualTo(objects);
  }

  private void assertAbsent(Oid oid) {
    try (ReadView view = store.view()) {
      assertThat(view.find(oid)).isEmpty();
    }
  }

  private void assertReplicasEqual() {
    WholeCluster.awaitIt(client, PATIENCE);
    assertThat(client.admin().verify("main", PATIENCE).equal()).isTrue();
  }

  @Test
  void large_leaderKilledMeanwhile_isCommittedOnceListedUndoneAndCopied() throws IOException {
    String killed = WholeCluster.leader(client);
    Transaction transaction = store.begin();
    Map<Oid, Bytes> objects = fill(transaction);

    CompletableFuture<Tid> committing = transaction.commitAsync();
    cluster.kill(killed);
    Tid tid = committing.join();

    cluster.restart(killed);
    assertHolds(store, objects);
    assertReplicasEqual();
    assertThat(store.history(objects.keySet().iterator().next(), 10)).hasSize(1);
    List<RecordedChange> changes = store.changes(tid);
    assertThat(changes)
        .extracting(RecordedChange::oid)
        .containsExactlyInAnyOrderElementsOf(objects.keySet());
    assertThat(changes)
        .allSatisfy(each -> assertThat(each.data()).contains(objects.get(each.oid())));

    try (Transaction undoing = store.begin()) {
      undoing.undo(tid);
      undoing.commit();
    }
    objects.keySet().forEach(this::assertAbsent);
    assertReplicasEqual();

    client.admin().createStorage("copy");
    ObjectStore copy = client.store("copy");
    List<RestoredTransaction.Change> copied = new ArrayList<>();
    changes.forEach(
        each -> copied.add(new RestoredTransaction.Written(each.oid(), each.data().orElseThrow())));
    copy.restore(new RestoredTransaction(tid, ' ', TransactionMetadata.EMPTY, copied));
    assertHolds(copy, objects);
    assertThat(client.admin().verify("copy", PATIENCE).equal()).isTrue();
  }

  @Test
  void large_inConflictWithASmallOne_isRefusedAndCanRunAgain() {
    Oid shared = store.run(tx -> tx.create("0", Codec.UTF8));
    Transaction large = store.begin();
    Bytes before = large.read(shared);
    Map<Oid, Bytes> objects = fill(large);
    large.write(shared, before);
    store.run(tx -> tx.write(shared, "1", Codec.UTF8));

    assertThatThrownBy(large::commit)
        .isInstanceOfSatisfying(
            ConflictException.class,
            conflict -> assertThat(conflict.conflicts().get(0).oid()).isEqualTo(shared));
    assertAbsent(objects.keySet().iterator().next());

    Map<Oid, Bytes> again = new LinkedHashMap<>();
    store.run(
        tx -> {
          again.clear();
          again.putAll(fill(tx));
          return tx.write(shared, tx.read(shared, Codec.UTF8) + "2", Codec.UTF8);
        });
    assertHolds(store, again);
    String text = store.run(tx -> tx.read(shared, Codec.UTF8));
    assertThat(text).isEqualTo("12");
    assertReplicasEqual();
  }
}
