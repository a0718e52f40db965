package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left of a transaction or a view that is over, and what threads may share. */
final class TransactionEndTest {
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;
  private Oid oid = Oid.ROOT;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client = TroikaClient.connect(cluster.endpoints());
    store = client.store("main");
    oid = store.run(tx -> tx.create("0", Codec.UTF8));
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private Map<String, Consumer<Transaction>> uses() {
    Map<String, Consumer<Transaction>> uses = new LinkedHashMap<>();
    uses.put("tid", tx -> use(tx.tid()));
    uses.put("read", tx -> use(tx.read(oid)));
    uses.put("readAsync", tx -> use(tx.readAsync(oid)));
    uses.put("find", tx -> use(tx.find(oid)));
    uses.put("findAsync", tx -> use(tx.findAsync(oid)));
    uses.put("readAll", tx -> use(tx.readAll(List.of(oid))));
    uses.put("readAllAsync", tx -> use(tx.readAllAsync(List.of(oid))));
    uses.put("oids", tx -> use(tx.oids(oid)));
    uses.put("create", tx -> use(tx.create(Bytes.EMPTY)));
    uses.put("createAsync", tx -> use(tx.createAsync(Bytes.EMPTY)));
    uses.put("createAt", tx -> tx.createAt(oid, Bytes.EMPTY));
    uses.put("write", tx -> tx.write(oid, Bytes.EMPTY));
    uses.put("delete", tx -> tx.delete(oid));
    uses.put("readCurrent", tx -> tx.readCurrent(oid));
    uses.put("undo", tx -> tx.undo(new Tid(1)));
    uses.put("commit", Transaction::commit);
    uses.put("commitAsync", tx -> use(tx.commitAsync()));
    uses.put("abort", Transaction::abort);
    return uses;
  }

  private static void use(Object ignored) {}

  private void assertOver(Transaction tx, String how) {
    uses()
        .forEach(
            (name, use) ->
                assertThatThrownBy(() -> use.accept(tx))
                    .as(name)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the transaction is %s already: begin another one", how));
    tx.close();
  }

  @Test
  void transaction_committed_saysSo() {
    Transaction tx = store.begin();
    tx.write(oid, "1", Codec.UTF8);
    tx.commit();
    assertOver(tx, "committed");
  }

  @Test
  void transaction_abortedOrClosed_saysSoAndChangedNothing() {
    Transaction aborted = store.begin();
    aborted.write(oid, "1", Codec.UTF8);
    aborted.abort();
    assertOver(aborted, "aborted");

    Transaction closed = store.begin();
    closed.write(oid, "1", Codec.UTF8);
    closed.close();
    assertOver(closed, "aborted");

    assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("0");
  }

  @Test
  void transaction_commitFailed_saysSo() {
    Transaction tx = store.begin();
    tx.write(oid, tx.read(oid));
    store.run(other -> other.write(oid, "2", Codec.UTF8));
    assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
    assertOver(tx, "ended by a failed commit");
  }

  @Test
  void transaction_beingCommitted_saysSo() {
    cluster.node(0).hang();
    Transaction tx = store.begin();
    tx.createAt(new Oid(77), Bytes.EMPTY);
    CompletableFuture<Tid> commit = tx.commitAsync();
    assertOver(tx, "being committed");
    cluster.node(0).wake();
    assertThat(commit).as("closing it stops nothing").succeedsWithin(Duration.ofSeconds(60));
  }

  @Test
  void run_bodyCommitsOrAborts_isLeftAtThat() {
    store.run(
        tx -> {
          tx.write(oid, "1", Codec.UTF8);
          return tx.commit();
        });
    store.execute(
        tx -> {
          tx.write(oid, "2", Codec.UTF8);
          tx.abort();
        });
    assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("1");
  }

  @Test
  void view_closed_saysSo() {
    ReadView view = store.view();
    Tid tid = view.tid();
    view.close();
    view.close();
    for (Consumer<ReadView> use :
        List.<Consumer<ReadView>>of(
            v -> use(v.read(oid)),
            v -> use(v.readAsync(oid)),
            v -> use(v.find(oid)),
            v -> use(v.findAsync(oid)),
            v -> use(v.readAll(List.of(oid))),
            v -> use(v.readAllAsync(List.of(oid))),
            v -> use(v.oids(oid)))) {
      assertThatThrownBy(() -> use.accept(view))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the read view at %s is closed", tid);
    }
  }

  @Test
  void store_manyThreads_everyIncrementCounts() {
    int threads = 8;
    int times = 25;
    List<Oid> counters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      counters.add(store.run(tx -> tx.create("0", Codec.UTF8)));
    }
    inThreads(
        threads,
        number -> {
          for (int i = 0; i < times; i++) {
            Oid counter = counters.get((number + i) % counters.size());
            store.run(
                tx -> {
                  int value = Integer.parseInt(tx.read(counter, Codec.UTF8));
                  return tx.write(counter, String.valueOf(value + 1), Codec.UTF8);
                });
          }
        });
    try (ReadView view = store.view()) {
      int sum =
          view.readAll(counters).values().stream()
              .mapToInt(revision -> Integer.parseInt(revision.data().toUtf8()))
              .sum();
      assertThat(sum).isEqualTo(threads * times);
    }
  }

  /** One view for all threads: whatever is committed meanwhile, it stays what it was. */
  @Test
  void view_manyThreads_allSeeTheSame() {
    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      oids.add(store.run(tx -> tx.create("old", Codec.UTF8)));
    }
    try (ReadView view = store.view()) {
      inThreads(
          8,
          number -> {
            for (Oid each : oids) {
              if (number == 0) {
                store.run(tx -> tx.write(each, "new", Codec.UTF8));
              } else {
                assertThat(view.read(each, Codec.UTF8)).isEqualTo("old");
              }
            }
          });
    }
  }

  private static void inThreads(int count, Consumer<Integer> work) {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<CompletableFuture<Void>> done = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        done.add(CompletableFuture.runAsync(() -> work.accept(number), threads));
      }
      assertThat(done).allSatisfy(each -> assertThat(each).succeedsWithin(Duration.ofSeconds(60)));
    } finally {
      threads.shutdownNow();
    }
  }
}
