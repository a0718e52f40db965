package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a client that is closed: nothing. */
final class CloseTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private FakeCluster cluster;
  private TroikaClient client;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client = patient(cluster.endpoints());
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  /** With time-outs that a test never reaches. */
  private static TroikaClient patient(String endpoints) {
    Duration long_ = Duration.ofMinutes(5);
    return TroikaClient.builder()
        .endpoints(endpoints)
        .callTimeout(long_)
        .tryTimeout(long_)
        .runTimeout(long_)
        .build();
  }

  private static Set<Thread> clientThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("troika-"))
        .collect(Collectors.toSet());
  }

  @Test
  void close_callsUnderWay_allEndAndNoThreadIsLeft() {
    client.close();
    Set<Thread> before = clientThreads();
    client = patient(cluster.endpoints());
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      client.store("main").run(tx -> tx.create("x", Codec.UTF8));
      client.store("main").view().close();
      assertThat(clientThreads()).anyMatch(thread -> !before.contains(thread));
      for (int i = 0; i < 3; i++) {
        cluster.node(i).hang();
      }
      Map<String, CompletableFuture<Throwable>> ends = new LinkedHashMap<>();
      Operations.all(cluster.node(1).address(), Duration.ofMinutes(5))
          .forEach(
              (name, operation) ->
                  ends.put(
                      name,
                      CompletableFuture.supplyAsync(
                          () -> catchThrowable(() -> operation.accept(client)), threads)));
      await().until(() -> cluster.calls("Commit") >= 4 && cluster.calls("Verify") >= 1);

      client.close();

      assertThat(ends)
          .allSatisfy(
              (name, end) ->
                  assertThat(end)
                      .as(name)
                      .succeedsWithin(SOON)
                      .isInstanceOfAny(
                          UnavailableException.class,
                          CommitOutcomeUnknownException.class,
                          // It had not begun yet.
                          IllegalStateException.class));
      await().until(() -> before.containsAll(clientThreads()));
    } finally {
      threads.shutdownNow();
    }
  }

  /** As a pool does that is told to end at once. */
  @Test
  void close_byAnInterruptedThread_leavesNoThreadEither() {
    client.close();
    Set<Thread> before = clientThreads();
    client = patient(cluster.endpoints());
    client.store("main").run(tx -> tx.create("x", Codec.UTF8));
    assertThat(clientThreads()).anyMatch(thread -> !before.contains(thread));

    Thread.currentThread().interrupt();
    client.close();

    assertThat(Thread.interrupted()).as("that it was interrupted is not forgotten").isTrue();
    await().until(() -> before.containsAll(clientThreads()));
  }

  @Test
  void close_commitThatWasSent_isUnknownAndCanBeAskedFor() {
    try (TroikaClient other = TroikaClient.connect(cluster.endpoints())) {
      client.store("main").view().close();
      cluster.node(0).hang();
      Transaction tx = client.store("main").begin();
      tx.createAt(Oid.ROOT, Bytes.EMPTY);
      CompletableFuture<Tid> commit = tx.commitAsync();
      await().until(() -> cluster.calls("Commit") == 1);

      client.close();

      assertThatThrownBy(commit::join)
          .cause()
          .isInstanceOfSatisfying(
              CommitOutcomeUnknownException.class,
              e -> {
                assertThat(e).hasMessageContaining("the client was closed");
                cluster.node(0).wake();
                assertThat(other.outcome(e.transaction())).isEqualTo(new Outcome.NotSeen());
              });
    }
  }

  /** The event loop is at something else, so that what is sent waits here; then it goes out. */
  @Test
  void close_commitThatWaitsToBeWritten_isUnknown() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    ClientListener holding =
        new ClientListener() {
          @Override
          public void callFinished(
              long call,
              String operation,
              int tries,
              Duration took,
              Optional<TroikaException> failure) {
            if (operation.equals("GetStorage")) {
              busy.countDown();
              await().until(() -> free.getCount() == 0);
            }
          }
        };
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TroikaClient slow =
        TroikaClient.builder().endpoints(cluster.endpoints()).listener(holding).build()) {
      slow.store("main").view().close();
      var unused = threads.submit(() -> slow.store("main").info());
      busy.await();
      Transaction tx = slow.store("main").begin();
      tx.createAt(Oid.ROOT, Bytes.EMPTY);
      CompletableFuture<Tid> commit = tx.commitAsync();

      Future<?> closing = threads.submit(slow::close);

      assertThat(commit)
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(CommitOutcomeUnknownException.class);
      free.countDown();
      assertThat(closing).succeedsWithin(SOON);
    } finally {
      free.countDown();
      threads.shutdownNow();
    }
  }

  @Test
  void close_connections_areClosed() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      TroikaClient lonely = patient("127.0.0.1:" + server.getLocalPort());
      CompletableFuture<ReadView> unanswered =
          lonely.store("main").viewAsync(Freshness.LINEARIZABLE);
      server.setSoTimeout((int) SOON.toMillis());
      try (Socket connection = server.accept()) {
        connection.setSoTimeout((int) SOON.toMillis());
        InputStream received = connection.getInputStream();
        assertThat(received.read()).as("the client speaks").isNotNegative();

        lonely.close();

        // What was sent before is read, up to the end of the stream.
        assertThatCode(received::readAllBytes).doesNotThrowAnyException();
      }
      assertThat(unanswered).failsWithin(SOON);
    }
  }

  /** Their own thread may end the client: nothing there waits for itself. */
  @Test
  void close_fromACallback_ends() {
    CompletableFuture<Void> closed =
        client.store("main").viewAsync(Freshness.LINEARIZABLE).thenAccept(view -> client.close());
    assertThat(closed).succeedsWithin(SOON);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void close_runThatWaitsToRunAgain_ends(boolean joint) {
    AtomicInteger runs = new AtomicInteger();
    Supplier<CompletableFuture<Oid>> body =
        () -> {
          runs.incrementAndGet();
          return CompletableFuture.failedFuture(new HistoryReplacedException("again and again"));
        };
    CompletableFuture<Oid> run =
        joint
            ? client.runAsync(TransactionOptions.DEFAULT, tx -> body.get())
            : client.store("main").runAsync(tx -> body.get());
    // Pauses grow, so that by now it is most of the time waiting.
    await().until(() -> runs.get() > 8);

    client.close();

    assertThat(run)
        .failsWithin(SOON)
        .withThrowableThat()
        .withCauseInstanceOf(UnavailableException.class)
        .withMessageContaining("the client was closed");
  }

  @Test
  void operations_afterClose_sayThatTheClientIsClosed() {
    ObjectStore store = client.store("main");
    client.close();
    client.close();

    Operations.all(cluster.node(1).address(), SOON)
        .forEach(
            (name, operation) ->
                assertThatThrownBy(() -> operation.accept(client))
                    .as(name)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the client is closed"));
    assertThatThrownBy(store::view)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the client is closed");
  }
}
