package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No operation waits longer than it was allowed to, whatever does not answer. */
final class DeadlineTest {
  private static final Duration CALL_TIMEOUT = Duration.ofMillis(500);

  /** For threads to be scheduled on a busy machine. */
  private static final Duration SLACK = Duration.ofSeconds(60);

  private FakeCluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private static TroikaClient.Builder builder(String endpoints) {
    return TroikaClient.builder()
        .endpoints(endpoints)
        .callTimeout(CALL_TIMEOUT)
        .tryTimeout(Duration.ofMillis(300))
        .hedgeDelay(Duration.ofMillis(50))
        .runTimeout(CALL_TIMEOUT);
  }

  /** A process that is alive for TCP only, as a stopped one is. */
  private static ServerSocket blackHole() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  private static String address(ServerSocket socket) {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  @Test
  void everyOperation_nodesHang_endsAtItsDeadline() {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TroikaClient client = builder(cluster.endpoints()).build()) {
      // With a leader known, and without: both ways of waiting.
      FirstCalls.await(client);
      for (int i = 0; i < 3; i++) {
        cluster.node(i).hang();
      }
      Map<String, CompletableFuture<Throwable>> failures = new LinkedHashMap<>();
      Operations.all(cluster.node(1).address(), CALL_TIMEOUT)
          .forEach(
              (name, operation) ->
                  failures.put(
                      name,
                      CompletableFuture.supplyAsync(
                          () -> catchThrowable(() -> operation.accept(client)), threads)));
      assertThat(failures)
          .allSatisfy(
              (name, failure) ->
                  assertThat(failure)
                      .as(name)
                      .succeedsWithin(CALL_TIMEOUT.plus(SLACK))
                      .isInstanceOfAny(
                          UnavailableException.class, CommitOutcomeUnknownException.class));
    } finally {
      threads.shutdownNow();
    }
  }

  /** Those who share the next question for the newest tid don't get a deadline of its own. */
  @Test
  void view_sharedWithOneUnderWay_hasOneDeadline() {
    Duration timeout = Duration.ofMillis(1_500);
    try (TroikaClient client =
        builder(cluster.endpoints()).callTimeout(timeout).runTimeout(timeout).build()) {
      FirstCalls.await(client);
      for (int i = 0; i < 3; i++) {
        cluster.node(i).hang();
      }
      CompletableFuture<ReadView> first = client.store("main").viewAsync(Freshness.LINEARIZABLE);
      long start = System.nanoTime();
      CompletableFuture<ReadView> second = client.store("main").viewAsync(Freshness.LINEARIZABLE);

      assertThatThrownBy(second::join)
          .hasCauseInstanceOf(UnavailableException.class)
          .hasMessageContaining("no answer within 1.5 s");

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(timeout.plus(SLACK));
      // Its own time was up before; it is told at about the same moment.
      assertThat(first)
          .failsWithin(SLACK)
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(UnavailableException.class);
    }
  }

  @Test
  void node_acceptsAndNeverAnswers_isLeftForOthers() throws IOException {
    Oid oid;
    try (TroikaClient writer = TroikaClient.connect(cluster.endpoints())) {
      oid = writer.store("main").run(tx -> tx.create("x", Codec.UTF8));
    }
    try (ServerSocket silent = blackHole();
        TroikaClient client =
            builder(address(silent) + "," + cluster.endpoints())
                .callTimeout(Duration.ofMinutes(5))
                .runTimeout(Duration.ofMinutes(5))
                .build()) {
      long start = System.nanoTime();

      assertThat(client.store("main").<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("x");
      client.store("main").run(tx -> tx.write(oid, "y", Codec.UTF8));
      assertThat(client.admin().status().answeringNode()).startsWith("n");

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
    }
  }

  @Test
  void node_acceptsAndNeverAnswers_isLeftAtTheDeadlineAndNamed() throws IOException {
    try (ServerSocket silent = blackHole();
        TroikaClient client = builder(address(silent)).build()) {
      long start = System.nanoTime();

      assertThatThrownBy(() -> client.store("main").view())
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no leader was found; " + address(silent) + ": no answer");
      assertThatThrownBy(() -> client.admin().status())
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining(address(silent) + ": no answer");
      assertThatThrownBy(
              () -> client.store("main").execute(tx -> tx.createAt(Oid.ROOT, Bytes.EMPTY)))
          .as("no leader was found, so nothing was sent")
          .isInstanceOf(UnavailableException.class);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(CALL_TIMEOUT.multipliedBy(3), CALL_TIMEOUT.multipliedBy(3).plus(SLACK));
    }
  }
}
