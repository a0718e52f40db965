package io.troika.it.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.Codec;
import io.troika.client.ConflictException;
import io.troika.client.InvalidRequestException;
import io.troika.client.JointTransaction;
import io.troika.client.ObjectConflict;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionPart;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.client.UndoConflictException;
import io.troika.client.UnknownStorageException;
import io.troika.client.Watch;
import io.troika.client.WatchListener;
import io.troika.it.cluster.PatientClient;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions over several storages of a cluster, as a program sees them. */
final class JointTransactionTest {
  @TempDir private static Path directory;

  private static LocalCluster cluster;
  private static TroikaClient client;
  private static ObjectStore orders;
  private static ObjectStore stock;

  @BeforeAll
  static void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    StartedCluster.awaitMain(cluster);
    client = PatientClient.connect(cluster.layout().endpoints());
    client.admin().createStorage("orders");
    client.admin().createStorage("stock");
    orders = client.store("orders");
    stock = client.store("stock");
  }

  @AfterAll
  static void stop() {
    client.close();
    cluster.close();
  }

  private static String read(ObjectStore store, Oid oid) {
    try (ReadView view = store.view()) {
      return view.read(oid, Codec.UTF8);
    }
  }

  private static Tid last(ObjectStore store) {
    return store.info().lastTid();
  }

  private static JointTransaction begin() {
    return client.begin(TransactionOptions.DEFAULT);
  }

  @Test
  void run_createsAndWritesInBoth_isOneTransactionAndAllWatchersAreTold() {
    Oid item = stock.run(tx -> tx.create("10", Codec.UTF8));
    Queue<String> told = new ConcurrentLinkedQueue<>();
    try (Watch first = orders.watch(listener("orders", told));
        Watch second = stock.watch(listener("stock", told))) {
      assertThat(first).isNotSameAs(second);
      Oid order =
          client.run(
              TransactionOptions.describedAs("me", "an order"),
              tx -> {
                TransactionPart shelf = tx.in(stock);
                int left = Integer.parseInt(shelf.read(item, Codec.UTF8)) - 2;
                shelf.write(item, String.valueOf(left), Codec.UTF8);
                return tx.in(orders).create("2 of it", Codec.UTF8);
              });

      assertThat(read(orders, order)).isEqualTo("2 of it");
      assertThat(read(stock, item)).isEqualTo("8");
      TransactionRecord inOrders = newest(orders);
      TransactionRecord inStock = newest(stock);
      assertThat(inStock.tid()).isEqualTo(inOrders.tid());
      assertThat(inStock.id()).isEqualTo(inOrders.id());
      assertThat(inStock.metadata().description().toUtf8()).isEqualTo("an order");
      await()
          .untilAsserted(
              () ->
                  assertThat(told)
                      .contains(
                          "orders " + inOrders.tid() + " [" + order + "]",
                          "stock " + inOrders.tid() + " [" + item + "]"));
    }
  }

  private static WatchListener listener(String name, Queue<String> told) {
    return (tid, oids) -> told.add(name + " " + tid + " " + oids);
  }

  private static TransactionRecord newest(ObjectStore store) {
    return store.transactions(TransactionQuery.newestFirst()).findFirst().orElseThrow();
  }

  @Test
  void commit_conflictInOne_namesTheStorageAndChangesNothingInTheOther() {
    Oid item = stock.run(tx -> tx.create("1", Codec.UTF8));
    try (JointTransaction tx = begin()) {
      tx.in(stock).write(item, tx.in(stock).read(item));
      Oid order = tx.in(orders).create("never", Codec.UTF8);
      stock.run(other -> other.write(item, "0", Codec.UTF8));

      ConflictException conflict = catchThrowableOfType(ConflictException.class, tx::commit);

      assertThat(conflict.conflicts())
          .extracting(ObjectConflict::storage, ObjectConflict::oid)
          .containsExactly(org.assertj.core.groups.Tuple.tuple(Optional.of("stock"), item));
      assertThat(conflict).hasMessageContaining("storage stock");
      try (ReadView view = orders.view()) {
        assertThat(view.find(order)).isEmpty();
      }
      assertThatThrownBy(() -> tx.in(orders)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void run_conflict_runsAgainWithNewViewsOfBoth() {
    Oid item = stock.run(tx -> tx.create("5", Codec.UTF8));
    Oid count = orders.run(tx -> tx.create("0", Codec.UTF8));
    List<String> seen = new ArrayList<>();
    client.run(
        tx -> {
          String left = tx.in(stock).read(item, Codec.UTF8);
          seen.add(left);
          if (seen.size() == 1) {
            stock.run(other -> other.write(item, "4", Codec.UTF8));
          }
          tx.in(orders).write(count, left, Codec.UTF8);
          return tx.in(stock).write(item, left + "!", Codec.UTF8);
        });

    assertThat(seen).containsExactly("5", "4");
    assertThat(read(orders, count)).isEqualTo("4");
    assertThat(read(stock, item)).isEqualTo("4!");
  }

  @Test
  void readCurrent_changedInTheOtherStorage_conflictsAlsoWhenNothingIsWritten() {
    Oid price = stock.run(tx -> tx.create("7", Codec.UTF8));
    Oid total = orders.run(tx -> tx.create("0", Codec.UTF8));
    Tid before = last(stock);
    try (JointTransaction tx = begin()) {
      tx.in(stock).readCurrent(price);
      tx.in(orders).write(total, tx.in(stock).read(price));
      tx.commit();
    }
    assertThat(read(orders, total)).isEqualTo("7");
    assertThat(last(stock)).as("a check alone is no transaction").isEqualTo(before);

    for (boolean writes : List.of(true, false)) {
      try (JointTransaction tx = begin()) {
        tx.in(stock).readCurrent(price);
        tx.in(stock).read(price);
        stock.run(other -> other.write(price, "8", Codec.UTF8));
        if (writes) {
          tx.in(orders).write(total, "9", Codec.UTF8);
        } else {
          tx.in(orders).readCurrent(total);
        }

        ConflictException conflict = catchThrowableOfType(ConflictException.class, tx::commit);

        assertThat(conflict.conflicts().get(0).kind()).isEqualTo(ObjectConflict.Kind.READ);
        assertThat(conflict.conflicts().get(0).storage()).contains("stock");
      }
    }
  }

  @Test
  void commit_nothingChanged_sendsNothing() {
    Tid before = last(stock);
    try (JointTransaction tx = begin()) {
      assertThat(tx.in(stock).oids(Oid.ROOT)).isNotNull();
      assertThat(tx.in(orders).tid()).isNotNull();
      assertThat(tx.commit()).isEqualTo(Tid.NONE);
    }
    assertThat(last(stock)).isEqualTo(before);
  }

  @Test
  void commit_oneStorageOnly_isAnOrdinaryTransaction() {
    Oid item = client.run(tx -> tx.in(stock).create("alone", Codec.UTF8));
    assertThat(read(stock, item)).isEqualTo("alone");
  }

  @Test
  void undo_inBoth_undoesInBothOrInNone() {
    Oid item = stock.run(tx -> tx.create("1", Codec.UTF8));
    Oid order = orders.run(tx -> tx.create("1", Codec.UTF8));
    Tid[] changed = new Tid[1];
    try (JointTransaction tx = begin()) {
      tx.in(stock).write(item, "2", Codec.UTF8);
      tx.in(orders).write(order, "2", Codec.UTF8);
      tx.in(orders).delete(orders.run(other -> other.create("gone", Codec.UTF8)));
      changed[0] = tx.commit();
    }
    stock.run(tx -> tx.write(item, "3", Codec.UTF8));
    try (JointTransaction tx = begin()) {
      tx.in(stock).undo(changed[0]);
      tx.in(orders).undo(changed[0]);

      UndoConflictException blocked = catchThrowableOfType(UndoConflictException.class, tx::commit);

      assertThat(blocked.obstacles().get(0).storage()).contains("stock");
    }
    assertThat(read(orders, order)).isEqualTo("2");
    stock.run(tx -> tx.write(item, "2", Codec.UTF8));
    client.run(
        tx -> {
          tx.in(stock).undo(changed[0]);
          tx.in(orders).undo(changed[0]);
          return Boolean.TRUE;
        });
    assertThat(read(orders, order)).isEqualTo("1");
    assertThat(read(stock, item)).isEqualTo("1");
  }

  @Test
  void resolvers_conflictsInBoth_areMergedInBoth() {
    Oid item = stock.run(tx -> tx.create("10", Codec.UTF8));
    Oid order = orders.run(tx -> tx.create("100", Codec.UTF8));
    List<String> asked = new ArrayList<>();
    try (TroikaClient merging =
            PatientClient.builder(cluster.layout().endpoints())
                .conflictResolver(
                    input -> {
                      asked.add(input.storage());
                      return Optional.of(
                          Bytes.utf8(input.committed().data().toUtf8() + input.mine().toUtf8()));
                    })
                .build();
        JointTransaction tx = merging.begin(TransactionOptions.DEFAULT)) {
      for (ObjectStore store : List.of(merging.store("stock"), merging.store("orders"))) {
        Oid oid = store.name().equals("stock") ? item : order;
        tx.in(store).read(oid);
        tx.in(store).write(oid, "+", Codec.UTF8);
      }
      stock.run(other -> other.write(item, "11", Codec.UTF8));
      orders.run(other -> other.write(order, "101", Codec.UTF8));

      Tid tid = tx.commit();

      assertThat(read(stock, item)).isEqualTo("11+");
      assertThat(read(orders, order)).isEqualTo("101+");
      assertThat(last(orders)).isEqualTo(tid);
      assertThat(asked).containsExactlyInAnyOrder("stock", "orders");
    }
  }

  @Test
  void blobs_inBoth_comeWithTheOneTransaction() throws IOException {
    Oid[] oids = new Oid[2];
    client.run(
        tx -> {
          oids[0] = tx.in(stock).createBlob(Bytes.utf8("s"), stream("picture"));
          oids[1] = tx.in(orders).createBlob(Bytes.utf8("o"), stream("invoice"));
          return Boolean.TRUE;
        });
    try (ReadView inStock = stock.view();
        ReadView inOrders = orders.view()) {
      assertThat(new String(inStock.openBlob(oids[0]).stream().readAllBytes(), UTF_8))
          .isEqualTo("picture");
      assertThat(new String(inOrders.openBlob(oids[1]).stream().readAllBytes(), UTF_8))
          .isEqualTo("invoice");
    }
  }

  private static ByteArrayInputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(UTF_8));
  }

  /** More than one message of gRPC, in each of them. */
  @Test
  void commit_severalMessages_isOneTransaction() {
    byte[] large = new byte[1 << 20];
    Oid[] oids = new Oid[4];
    client.run(
        tx -> {
          for (int i = 0; i < oids.length; i++) {
            oids[i] = tx.in(i < 2 ? stock : orders).create(large);
          }
          return Boolean.TRUE;
        });
    assertThat(last(stock)).isEqualTo(last(orders));
    try (ReadView view = orders.view()) {
      assertThat(view.find(oids[3])).map(Revision::serial).contains(last(stock));
    }
  }

  /** Over the limit of a log entry, so staged ahead; with a blob under the same id. */
  @Test
  void commit_largerThanALogEntry_isOneTransaction() throws IOException {
    Oid[] oids = new Oid[11];
    client.run(
        tx -> {
          for (int i = 0; i < 10; i++) {
            oids[i] = tx.in(i < 5 ? stock : orders).create(large(i));
          }
          oids[10] = tx.in(stock).createBlob(large(10), stream("picture"));
          return Boolean.TRUE;
        });

    assertThat(last(stock)).isEqualTo(last(orders));
    try (ReadView inStock = stock.view();
        ReadView inOrders = orders.view()) {
      for (int i = 0; i < 10; i++) {
        assertThat((i < 5 ? inStock : inOrders).read(oids[i])).isEqualTo(large(i));
      }
      assertThat(inStock.read(oids[10])).isEqualTo(large(10));
      assertThat(new String(inStock.openBlob(oids[10]).stream().readAllBytes(), UTF_8))
          .isEqualTo("picture");
    }
  }

  private static Bytes large(int number) {
    byte[] data = new byte[1 << 20];
    Arrays.fill(data, (byte) number);
    return Bytes.wrap(data);
  }

  @Test
  void commit_unknownStorageOrTooMany_isAMistake() {
    assertThatThrownBy(
            () ->
                client.run(
                    tx -> {
                      tx.in(stock).createAt(new Oid(1L << 40), Bytes.EMPTY);
                      tx.in(client.store("nowhere")).createAt(Oid.ROOT, Bytes.EMPTY);
                      return Boolean.TRUE;
                    }))
        .isInstanceOf(UnknownStorageException.class);
    assertThatThrownBy(
            () ->
                client.run(
                    tx -> {
                      for (int i = 0; i <= 16; i++) {
                        tx.in(client.store("s" + i)).createAt(Oid.ROOT, Bytes.EMPTY);
                      }
                      return Boolean.TRUE;
                    }))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("16 storages");
    try (TroikaClient other = PatientClient.connect(cluster.layout().endpoints());
        JointTransaction tx = begin()) {
      assertThatThrownBy(() -> tx.in(other.store("stock")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void runAsync_twoStorages_commitsBoth() {
    Oid order =
        client
            .runAsync(
                TransactionOptions.DEFAULT,
                tx ->
                    tx.in(stock)
                        .createAsync(Bytes.utf8("a"))
                        .thenCompose(item -> tx.in(orders).createAsync(Bytes.utf8("b"))))
            .join();
    assertThat(read(orders, order)).isEqualTo("b");
    assertThat(last(stock)).isEqualTo(last(orders));
  }
}
