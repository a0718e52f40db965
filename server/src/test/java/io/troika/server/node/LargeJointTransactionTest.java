package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.ClientListener;
import io.troika.client.Codec;
import io.troika.client.ConflictException;
import io.troika.client.JointTransaction;
import io.troika.client.LeaderInfo;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.Tid;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionPart;
import io.troika.client.TransactionTooLargeException;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.RaftConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions over two storages that are many times as large as a log entry, 1 MiB here, through
 * the Java client, on three nodes in this JVM.
 */
@Timeout(900)
class LargeJointTransactionTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int OBJECTS = 10;
  private static final int OBJECT_BYTES = 800_000;

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;
  private ObjectStore orders;
  private ObjectStore stock;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(withSmallEntries(ClusterLayout.onFreePorts(directory, 3)));
    client = builder().build();
    WholeCluster.awaitIt(client, PATIENCE);
    client.admin().createStorage("orders");
    client.admin().createStorage("stock");
    orders = client.store("orders");
    stock = client.store("stock");
  }

  private TroikaClient.Builder builder() {
    return TroikaClient.builder()
        .endpoints(cluster.layout().endpoints())
        .callTimeout(PATIENCE)
        .runTimeout(PATIENCE);
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private static ClusterLayout withSmallEntries(ClusterLayout layout) {
    RaftConfig usual = RaftConfig.DEFAULT;
    RaftConfig small =
        new RaftConfig(
            usual.electionTimeoutMin(),
            usual.electionTimeoutMax(),
            1 << 20,
            usual.snapshotEntries(),
            usual.snapshotBytes(),
            usual.preservedEntries(),
            usual.outcomeRetention());
    List<NodeConfig> nodes =
        layout.nodes().stream()
            .map(
                node ->
                    new NodeConfig(
                        node.nodeId(),
                        node.dataDirectory(),
                        node.members(),
                        small,
                        node.storage(),
                        node.limits()))
            .toList();
    return new ClusterLayout(layout.directory(), nodes);
  }

  private static Bytes random(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  /** Large objects and small ones: over 6 MiB, from which on the client stages. */
  private static Map<Oid, Bytes> fill(TransactionPart part, int seed) {
    Map<Oid, Bytes> objects = new LinkedHashMap<>();
    for (int i = 0; i < OBJECTS; i++) {
      for (Bytes data : List.of(random(seed + i, OBJECT_BYTES - i), random(seed + i, i))) {
        objects.put(part.create(data), data);
      }
    }
    return objects;
  }

  private static void assertHolds(ObjectStore in, Map<Oid, Bytes> objects) {
    Map<Oid, Bytes> found = new LinkedHashMap<>();
    try (ReadView view = in.view()) {
      objects.keySet().forEach(oid -> found.put(oid, view.read(oid)));
    }
    assertThat(found).isEqualTo(objects);
  }

  private LeaderInfo moveLeader() {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> client.admin().transferLeadership(""), LeaderInfo::isKnown);
  }

  private void assertReplicasEqual() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () ->
                client.admin().status().nodes().stream()
                    .allMatch(node -> node.reachable() && node.lagEntries() == 0));
    for (String each : List.of("orders", "stock")) {
      assertThat(client.admin().verify(each, PATIENCE).equal()).as(each).isTrue();
    }
  }

  /** Does something when so many chunks were answered. */
  private static ClientListener afterChunks(int count, Runnable action) {
    AtomicInteger chunks = new AtomicInteger();
    return new ClientListener() {
      @Override
      public void callFinished(
          long call,
          String operation,
          int tries,
          Duration took,
          Optional<TroikaException> failure) {
        if (operation.equals("StageChunk") && chunks.incrementAndGet() == count) {
          action.run();
        }
      }
    };
  }

  @Test
  void large_leaderMovesBetweenStagesAndAgainIsKilled_isCommittedOnceInBoth() throws IOException {
    CompletableFuture<LeaderInfo> moved = new CompletableFuture<>();
    // In the second storage, when all of the first is staged.
    ClientListener moving =
        afterChunks(
            OBJECTS * OBJECT_BYTES / (128 << 10) + 10, () -> moved.completeAsync(this::moveLeader));
    Map<Oid, Bytes> inOrders;
    Map<Oid, Bytes> inStock;
    Tid tid;
    try (TroikaClient listened = builder().listener(moving).build();
        JointTransaction tx = listened.begin(TransactionOptions.DEFAULT)) {
      inOrders = fill(tx.in(listened.store("orders")), 100);
      inStock = fill(tx.in(listened.store("stock")), 200);
      tid = tx.commit();
    }
    moved.join();

    for (ObjectStore each : List.of(orders, stock)) {
      assertThat(each.info().lastTid()).isEqualTo(tid);
      assertThat(each.info().transactionCount()).isEqualTo(1);
    }
    assertHolds(orders, inOrders);
    assertHolds(stock, inStock);
    assertReplicasEqual();

    String killed = WholeCluster.leader(client);
    JointTransaction undoing = client.begin(TransactionOptions.DEFAULT);
    undoing.in(orders).undo(tid);
    Map<Oid, Bytes> more = fill(undoing.in(stock), 300);
    CompletableFuture<Tid> committing = undoing.commitAsync();
    cluster.kill(killed);
    Tid second = committing.join();
    cluster.restart(killed);

    assertHolds(stock, more);
    try (ReadView view = orders.view()) {
      assertThat(view.tid()).isEqualTo(second);
      assertThat(inOrders.keySet()).allMatch(oid -> view.find(oid).isEmpty());
    }
    assertReplicasEqual();
  }

  @Test
  void large_inConflictInOneStorage_changesNeitherAndCanRunAgain() {
    Oid shared = stock.run(tx -> tx.create("0", Codec.UTF8));
    try (JointTransaction tx = client.begin(TransactionOptions.DEFAULT)) {
      tx.in(stock).read(shared);
      tx.in(stock).write(shared, "mine", Codec.UTF8);
      Map<Oid, Bytes> objects = fill(tx.in(orders), 100);
      fill(tx.in(stock), 200);
      stock.run(other -> other.write(shared, "1", Codec.UTF8));

      assertThatThrownBy(tx::commit)
          .isInstanceOfSatisfying(
              ConflictException.class,
              conflict -> assertThat(conflict.conflicts().get(0).storage()).contains("stock"));
      try (ReadView view = orders.view()) {
        assertThat(view.find(objects.keySet().iterator().next())).isEmpty();
      }
    }

    Map<Oid, Bytes> inOrders =
        client.run(
            tx -> {
              String before = tx.in(stock).read(shared, Codec.UTF8);
              tx.in(stock).write(shared, before + "2", Codec.UTF8);
              return fill(tx.in(orders), 300);
            });
    assertHolds(orders, inOrders);
    String text = stock.run(tx -> tx.read(shared, Codec.UTF8));
    assertThat(text).isEqualTo("12");
    assertReplicasEqual();
  }

  /** It can't be loaded in one message, so it is refused as it always was. */
  @Test
  void large_withARecordOverTheLimitOfAnEntry_isRefusedInBoth() {
    assertThatThrownBy(
            () ->
                client.run(
                    tx -> {
                      fill(tx.in(orders), 100);
                      fill(tx.in(stock), 200);
                      return tx.in(stock).create(random(1, 1 << 20));
                    }))
        .isInstanceOf(TransactionTooLargeException.class);
    assertThat(orders.info().lastTid()).isEqualTo(Tid.NONE);
    assertThat(stock.info().lastTid()).isEqualTo(Tid.NONE);
  }
}
