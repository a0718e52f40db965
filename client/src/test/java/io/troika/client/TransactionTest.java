package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TransactionTest {
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client = TroikaClient.connect(cluster.endpoints());
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void run_createThenUpdate_readsWhatWasWritten() {
    Oid account = store.run(tx -> tx.create("100", Codec.UTF8));

    store.run(tx -> tx.write(account, tx.read(account, Codec.UTF8) + "0", Codec.UTF8));

    assertThat(read(account)).isEqualTo("1000");
  }

  @Test
  void run_onlyCreates_needsNoBegin() {
    store.run(tx -> tx.create("x", Codec.UTF8));

    assertThat(cluster.calls("Begin")).isZero();
    assertThat(cluster.calls("Commit")).isEqualTo(1);
  }

  @Test
  void run_readOnly_costsOneBeginAndNoCommit() {
    Oid oid = store.run(tx -> tx.create("x", Codec.UTF8));

    store.run(tx -> tx.read(oid));

    assertThat(cluster.calls("Begin")).isEqualTo(1);
    assertThat(cluster.calls("Commit")).isEqualTo(1);
  }

  @Test
  void run_conflict_runsAgainAndCommitsOnce() {
    Oid oid = store.run(tx -> tx.create("0", Codec.UTF8));
    List<CompletableFuture<Void>> writers =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(i -> CompletableFuture.runAsync(() -> increment(oid, 10)))
            .toList();

    writers.forEach(CompletableFuture::join);

    assertThat(read(oid)).isEqualTo("80");
    assertThat(cluster.storage().transactionCount()).isEqualTo(81);
  }

  private String read(Oid oid) {
    return store.run(tx -> tx.read(oid, Codec.UTF8));
  }

  private void increment(Oid oid, int times) {
    for (int i = 0; i < times; i++) {
      store.run(
          tx -> {
            int value = Integer.parseInt(tx.read(oid, Codec.UTF8));
            return tx.write(oid, String.valueOf(value + 1), Codec.UTF8);
          });
    }
  }

  @Test
  void commit_readCurrentChangedSince_conflicts() {
    Oid oid = store.run(tx -> tx.create("0", Codec.UTF8));
    try (Transaction read = store.begin();
        Transaction listed = store.begin()) {
      assertThat(read.read(oid, Codec.UTF8)).isEqualTo("0");
      read.readCurrent(oid);
      listed.readCurrent(oid);
      var view = listed.tid(); // the view is there: it was asked for by what was just listed
      store.run(tx -> tx.write(oid, "1", Codec.UTF8));
      assertThat(view).isLessThan(store.info().lastTid());

      for (Transaction each : List.of(read, listed)) {
        Oid unused = each.create("built on it", Codec.UTF8);
        assertThatThrownBy(each::commit)
            .isInstanceOfSatisfying(
                ConflictException.class,
                conflict ->
                    assertThat(conflict.conflicts())
                        .extracting(ObjectConflict::oid)
                        .containsExactly(oid));
      }
    }
  }

  /** Else the commit would ask, and take for unchanged whatever is there by then. */
  @Test
  void readCurrent_firstCall_opensTheView() {
    Oid oid = store.run(tx -> tx.create("0", Codec.UTF8));
    try (Transaction listed = store.begin()) {
      int before = cluster.calls("Begin");

      listed.readCurrent(oid);

      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> cluster.calls("Begin") == before + 1);
    }
  }

  @Test
  void read_unknownObject_throws() {
    assertThatThrownBy(() -> store.run(tx -> tx.read(new Oid(77))))
        .isInstanceOf(UnknownObjectException.class)
        .hasMessageContaining("0x4d");
  }
}
