package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a thread is told that is interrupted while it commits stays true. */
final class InterruptTest {
  private final CountDownLatch mayMerge = new CountDownLatch(1);
  private FakeCluster cluster;
  private TroikaClient client;
  private TroikaClient other;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .conflictResolver(input -> merge())
            .build();
    other = TroikaClient.connect(cluster.endpoints());
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    mayMerge.countDown();
    client.close();
    other.close();
    cluster.close();
  }

  private Optional<Bytes> merge() {
    try {
      mayMerge.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return Optional.of(Bytes.utf8("merged"));
  }

  /** Commits on a thread that is interrupted once this is so; answers what it was told. */
  private static Throwable interrupted(Transaction tx, Callable<Boolean> when)
      throws InterruptedException {
    CompletableFuture<Throwable> told = new CompletableFuture<>();
    Thread committing = new Thread(() -> told.complete(catchThrowable(tx::commit)));
    committing.start();
    await().until(when);
    committing.interrupt();
    committing.join();
    return told.join();
  }

  private static void awaitFailed(Transaction tx) {
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(tx::abort)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ended by a failed commit"));
  }

  @Test
  void commit_interruptedWhileSerialsAreAskedFor_isNotSentAfterwards() throws Exception {
    Oid oid = other.store("main").run(tx -> tx.create("0", Codec.UTF8));
    Transaction tx = store.begin();
    tx.write(oid, "1", Codec.UTF8);
    assertThat(tx.tid()).isNotEqualTo(Tid.NONE);
    int commits = cluster.calls("Commit");
    for (int i = 0; i < cluster.size(); i++) {
      cluster.node(i).hang();
    }

    Throwable told = interrupted(tx, () -> cluster.calls("LoadMany") > 0);
    for (int i = 0; i < cluster.size(); i++) {
      cluster.node(i).wake();
    }

    assertThat(told).isInstanceOf(UnavailableException.class);
    awaitFailed(tx);
    assertThat(cluster.calls("Commit")).isEqualTo(commits);
  }

  @Test
  void commit_interruptedWhileMerging_hasTheOutcomeOfTheIdThatIsTold() throws Exception {
    Oid oid = other.store("main").run(tx -> tx.create("0", Codec.UTF8));
    Transaction tx = store.begin();
    tx.write(oid, tx.read(oid, Codec.UTF8) + "1", Codec.UTF8);
    other.store("main").run(others -> others.write(oid, "2", Codec.UTF8));
    int commits = cluster.calls("Commit");

    Throwable told =
        interrupted(
            tx,
            () -> cluster.storage().conflictDataAsked() == 1 && cluster.calls("Commit") > commits);
    mayMerge.countDown();

    awaitFailed(tx);
    assertThat(told)
        .isInstanceOfSatisfying(
            CommitOutcomeUnknownException.class,
            e -> assertThat(other.outcome(e.transaction())).isInstanceOf(Outcome.Conflicted.class));
    assertThat(other.store("main").<String>run(others -> others.read(oid, Codec.UTF8)))
        .isEqualTo("2");
  }
}
