package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No future stays open because of what users' code does, or where it is to run. */
final class ExecutorTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .executor(
                task -> {
                  throw new RejectedExecutionException("full");
                })
            .build();
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void executor_refuses_futuresCompleteAllTheSame() {
    assertThat(store.viewAsync(Freshness.LINEARIZABLE)).succeedsWithin(SOON);
    assertThat(store.runAsync(tx -> tx.createAsync(Bytes.EMPTY))).succeedsWithin(SOON);
  }

  @Test
  void executor_refuses_watchIsToldAllTheSame() {
    List<Tid> told = new CopyOnWriteArrayList<>();
    try (Watch watch = store.watch((tid, oids) -> told.add(tid))) {
      assertThat(watch).isNotNull();
      Tid first = store.execute(tx -> tx.createAt(Oid.ROOT, Bytes.EMPTY));
      Tid second = store.execute(tx -> tx.createAt(new Oid(77), Bytes.EMPTY));

      await().untilAsserted(() -> assertThat(told).containsExactly(first, second));
    }
  }

  @Test
  void runAsync_functionThrowsAnError_failsWithIt() {
    try (TroikaClient usual = TroikaClient.connect(cluster.endpoints())) {
      assertThat(
              usual
                  .store("main")
                  .<Oid>runAsync(
                      tx -> {
                        throw new AssertionError("users' own");
                      }))
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(AssertionError.class);
    }
  }

  @Test
  void runAsync_functionReturnsNoFuture_fails() {
    try (TroikaClient usual = TroikaClient.connect(cluster.endpoints())) {
      assertThat(usual.store("main").runAsync(tx -> none()))
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(NullPointerException.class);
    }
  }

  @SuppressWarnings("NullAway") // what it is about
  private static CompletableFuture<Oid> none() {
    return null;
  }
}
