package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.Bytes;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The listener over real sockets (zeo-protocol.md §1, §13.1). */
final class ZeoListenerTest {
  private static final ZeoListenerSettings SETTINGS =
      ZeoListenerSettings.of(HostAndPort.parse("127.0.0.1:0"));
  private static final ZeoMessage PING = new ZeoMessage(1L, Flag.CALL, "ping", Wire.tuple());
  private static final String STATUS = "{\"1\": {\"connections\": 0}}";

  private final List<CompletableFuture<Void>> gates = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private boolean serving = true;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  private int listen(ZeoListenerSettings settings, ZeoHandlerFactory handlers) throws IOException {
    ZeoListener listener =
        ZeoListener.start(settings, this::gate, handlers, () -> STATUS, NodeTls.NONE);
    opened.add(0, listener);
    return listener.port();
  }

  private CompletableFuture<Void> gate() {
    CompletableFuture<Void> gate = new CompletableFuture<>();
    gates.add(gate);
    if (serving) {
      gate.complete(null);
    }
    return gate;
  }

  private WireClient connect(int port) throws IOException {
    WireClient client = new WireClient(port);
    opened.add(0, client);
    return client;
  }

  private WireClient greeted(int port, String answer) throws IOException {
    WireClient client = WireClient.greeted(port, answer);
    opened.add(0, client);
    return client;
  }

  // ---- Greeting

  @Test
  void client_ofANodeThatDoesNotServe_isLeftInSilenceUntilItDoes() throws Exception {
    serving = false;
    int port = listen(SETTINGS.withHandshakeMax(Duration.ofMillis(1)), EchoHandlers.echo());
    WireClient client = connect(port);
    await().until(() -> gates.size() == 1);
    WireClient other = connect(port);
    await().until(() -> gates.size() == 2); // so the first has been dealt with
    assertThat(client.isSilent()).isTrue();

    gates.get(0).complete(null);

    assertThat(client.readText()).isEqualTo("Z5");
    assertThat(other.isSilent()).isTrue();
  }

  @Test
  void client_thatLeavesInSilence_isNotWaitedFor() throws Exception {
    serving = false;
    int port = listen(SETTINGS, EchoHandlers.echo());
    connect(port).close();
    await().until(() -> gates.size() == 1 && gates.get(0).isCancelled());
  }

  @ParameterizedTest
  @CsvSource({"PICKLE, Z5", "MSGPACK, M5"})
  void greeting_announcesTheEncodingOfTheSettings(ZeoEncoding encoding, String greeting)
      throws Exception {
    int port = listen(SETTINGS.withEncoding(encoding), EchoHandlers.echo());
    assertThat(connect(port).readText()).isEqualTo(greeting);
  }

  @ParameterizedTest
  @CsvSource({"PICKLE, Z5", "PICKLE, M5", "MSGPACK, Z5", "MSGPACK, M5"})
  void messages_areReadByTheLetterOfTheAnswer(ZeoEncoding announced, String answer)
      throws Exception {
    EchoHandlers handlers = EchoHandlers.echo();
    WireClient client = greeted(listen(SETTINGS.withEncoding(announced), handlers), answer);
    client.write(PING);
    assertThat(client.read()).isEqualTo(ZeoMessage.reply(1L, Wire.tuple()));
    assertThat(handlers.connections.get(0).encoding().letter()).isEqualTo(answer.charAt(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Z4", "Z6", "Z55", "5", "X5", "Z", "GET / HTTP/1.1", "ruok?"})
  void answer_ofAnotherProtocol_closes(String answer) throws Exception {
    EchoHandlers handlers = EchoHandlers.echo();
    WireClient client = greeted(listen(SETTINGS, handlers), answer);
    assertThat(client.isClosedByServer()).isTrue();
    assertThat(handlers.connections).isEmpty();
  }

  @Test
  void answer_beforeTheGreeting_closes() throws Exception {
    serving = false;
    WireClient client = connect(listen(SETTINGS, EchoHandlers.echo()));
    client.writeText("Z5");
    assertThat(client.isClosedByServer()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void status_isToldAfterAGreeting_whetherTheNodeServesOrNot(boolean serves) throws Exception {
    serving = serves;
    WireClient client = connect(listen(SETTINGS, EchoHandlers.echo()));
    client.writeText("ruok");
    assertThat(client.readText()).isEqualTo("Z5");
    assertThat(client.readText()).isEqualTo(STATUS);
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void client_thatNeverAnswersTheGreeting_isClosed() throws Exception {
    int port = listen(SETTINGS.withHandshakeMax(Duration.ofMillis(50)), EchoHandlers.echo());
    WireClient client = connect(port);
    assertThat(client.readText()).isEqualTo("Z5");
    assertThat(client.isClosedByServer()).isTrue();
  }

  @Test
  void client_thatAnsweredTheGreeting_mayBeQuietForLonger() throws Exception {
    Duration handshakeMax = Duration.ofMillis(200);
    int port = listen(SETTINGS.withHandshakeMax(handshakeMax), EchoHandlers.echo());
    WireClient client = greeted(port, "Z5");
    // Another connection's time runs out after this one's would have.
    WireClient late = connect(port);
    assertThat(late.readText()).isEqualTo("Z5");
    assertThat(late.isClosedByServer()).isTrue();
    client.write(PING);
    assertThat(client.read().id()).isEqualTo(1L);
  }

  // ---- Messages

  @Test
  void messages_sentWithTheHandshake_areHandledInOrder() throws Exception {
    WireClient client = greeted(listen(SETTINGS, EchoHandlers.echo()), "M5");
    for (long i = 0; i < 1_000; i++) {
      client.write(new ZeoMessage(i, Flag.CALL, "ping", Wire.tuple(i)));
    }
    for (long i = 0; i < 1_000; i++) {
      assertThat(client.read()).isEqualTo(ZeoMessage.reply(i, Wire.tuple(i)));
    }
  }

  @Test
  void messages_sentByManyThreadsUnderOneLock_arriveInTheOrderOfTheLock() throws Exception {
    Object lock = new Object();
    Semaphore arrived = new Semaphore(0); // so that both send at the same time
    List<Object> sent = new ArrayList<>();
    EchoHandlers handlers =
        new EchoHandlers(
            (connection, message) -> {
              arrived.release();
              synchronized (lock) {
                sent.add(message.args());
                connection.send(ZeoMessage.reply(0L, message.args()));
              }
            });
    WireClient client = greeted(listen(SETTINGS, handlers), "Z5");
    await().until(() -> !handlers.connections.isEmpty());
    ZeoConnection connection = handlers.connections.get(0);
    Thread other =
        new Thread(
            () -> {
              for (long i = 0; i < 2_000; i++) {
                arrived.acquireUninterruptibly();
                synchronized (lock) {
                  sent.add(i);
                  connection.send(ZeoMessage.reply(0L, i));
                }
              }
            });
    other.start();
    for (long i = 0; i < 2_000; i++) {
      client.write(new ZeoMessage(i, Flag.CALL, "ping", Wire.tuple(i)));
    }
    List<@Nullable Object> received = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      received.add(client.read().args());
    }
    other.join();
    assertThat(received).isEqualTo(sent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "80034e2e", "8003288900742e"})
  void message_thatIsNone_closesAndTellsTheHandlerOnce(String hex) throws Exception {
    EchoHandlers handlers = EchoHandlers.echo();
    WireClient client = greeted(listen(SETTINGS, handlers), "Z5");
    client.writeFrame(HexFormat.of().parseHex(hex));
    assertThat(client.isClosedByServer()).isTrue();
    await().until(() -> handlers.closed.size() == 1);
    assertThat(handlers.messages).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1_001, Integer.MIN_VALUE, -1})
  void frame_ofALengthThatMayNotBe_closes(int length) throws Exception {
    EchoHandlers handlers = EchoHandlers.echo();
    WireClient client = greeted(listen(SETTINGS.withFrameBytesMax(1_000), handlers), "Z5");
    client.write(PING);
    assertThat(client.read().id()).isEqualTo(1L);
    client.writeLength(length);
    assertThat(client.isClosedByServer()).isTrue();
    await().until(() -> handlers.closed.size() == 1);
  }

  @Test
  void handler_thatFails_endsItsConnectionAndNoOther() throws Exception {
    EchoHandlers handlers =
        new EchoHandlers(
            (connection, message) -> {
              if (message.method().equals("fail")) {
                throw new IllegalStateException("on purpose");
              }
              connection.send(ZeoMessage.reply(message.id(), null));
            });
    int port = listen(SETTINGS, handlers);
    WireClient failing = greeted(port, "Z5");
    WireClient other = greeted(port, "Z5");
    failing.write(new ZeoMessage(1L, Flag.CALL, "fail", Wire.tuple()));
    assertThat(failing.isClosedByServer()).isTrue();
    other.write(PING);
    assertThat(other.read().id()).isEqualTo(1L);
    assertThat(handlers.closed).hasSize(1);
  }

  @Test
  void connection_closedByItsHandler_sendsWhatWasSentBefore() throws Exception {
    EchoHandlers handlers =
        new EchoHandlers(
            (connection, message) -> {
              connection.send(ZeoMessage.reply(message.id(), "last"));
              connection.close("enough");
              connection.send(ZeoMessage.reply(message.id(), "too late"));
            });
    WireClient client = greeted(listen(SETTINGS, handlers), "Z5");
    client.write(PING);
    assertThat(client.read()).isEqualTo(ZeoMessage.reply(1L, "last"));
    assertThat(client.isClosedByServer()).isTrue();
    await().until(() -> handlers.closed.size() == 1);
  }

  // ---- Limits

  @Test
  void client_thatDoesNotRead_isNotReadFromUntilItDoes() throws Exception {
    Bytes data = Bytes.wrap(new byte[100_000]);
    EchoHandlers handlers =
        new EchoHandlers(
            (connection, message) -> connection.send(ZeoMessage.reply(message.id(), data)));
    int port = listen(SETTINGS.withUnsentBytes(1 << 20, 64 << 20), handlers);
    WireClient client = greeted(port, "Z5");
    int calls = 20_000; // 2 GB of answers, more than the heap, if all were read
    Thread writer = new Thread(() -> writeCalls(client, calls));
    writer.start();
    await().until(() -> !handlers.writability.isEmpty());
    ZeoConnection connection = handlers.connections.get(0);
    // It changes while the system's buffers fill, and then no more.
    await().during(Duration.ofMillis(100)).until(() -> !connection.isWritable());
    int handled = handlers.messages.size();
    assertThat(handled * (long) data.size()).isLessThan(64 << 20); // most of it in the sockets

    for (int i = 0; i < 1_000; i++) {
      assertThat(client.read().id()).isEqualTo((long) i);
    }
    await().until(() -> handlers.messages.size() > handled);
    assertThat(handlers.writability).containsSubsequence(false, true);
    client.close();
    writer.join();
    await().until(() -> handlers.closed.size() == 1);
  }

  private static void writeCalls(WireClient client, int count) {
    try {
      for (long i = 0; i < count; i++) {
        client.write(new ZeoMessage(i, Flag.CALL, "loadBefore", Wire.tuple()));
      }
    } catch (IOException e) {
      // The test has seen enough and has closed the socket.
    }
  }

  @Test
  void client_thatDoesNotReadWhatItIsSentUnasked_isCutOff() throws Exception {
    EchoHandlers handlers = EchoHandlers.echo();
    int port = listen(SETTINGS.withUnsentBytes(1 << 20, 8 << 20), handlers);
    WireClient client = greeted(port, "Z5");
    await().until(() -> !handlers.connections.isEmpty());
    ZeoMessage message = ZeoMessage.oneWay("info", Bytes.wrap(new byte[1 << 20]));
    for (int i = 0; i < 200 && handlers.closed.isEmpty(); i++) {
      handlers.connections.get(0).send(message);
    }
    await().until(() -> handlers.closed.size() == 1);
    client.close();
  }

  @Test
  void message_thatWaitsForAStep_holdsBackWhatFollows() throws Exception {
    CompletableFuture<Void> step = new CompletableFuture<>();
    EchoHandlers handlers =
        new EchoHandlers(
            (connection, message) -> {
              if (Long.valueOf(1).equals(message.id())) {
                connection.readAfter(step);
              }
              connection.send(ZeoMessage.reply(message.id(), null));
            });
    WireClient client = greeted(listen(SETTINGS, handlers), "Z5");
    for (long id = 1; id <= 3; id++) {
      client.write(new ZeoMessage(id, Flag.CALL, "storeBlobChunk", Wire.tuple()));
    }
    assertThat(client.read().id()).isEqualTo(1L);
    assertThat(handlers.messages).hasSize(1);

    step.completeExceptionally(new IllegalStateException("it may fail"));
    assertThat(client.read().id()).isEqualTo(2L);
    assertThat(client.read().id()).isEqualTo(3L);
  }

  @Test
  void senderThatFoundItNotWritable_isAlwaysToldWhenItIs() throws Exception {
    int pieces = 20_000;
    Semaphore turns = new Semaphore(0);
    CompletableFuture<Integer> sent = new CompletableFuture<>();
    ZeoHandlerFactory sender =
        connection ->
            new ZeoHandler() {
              @Override
              public void onMessage(ZeoMessage message) {
                new Thread(() -> sent.complete(sendPieces(connection, pieces, turns))).start();
              }

              @Override
              public void onWritabilityChanged(boolean writable) {
                turns.release(writable ? 1 : 0);
              }

              @Override
              public void onClosed() {}
            };
    WireClient client = greeted(listen(SETTINGS.withUnsentBytes(1 << 16, 8 << 20), sender), "Z5");
    client.write(PING);
    for (int i = 0; i < pieces; i++) {
      assertThat(client.read().method()).isEqualTo("piece");
    }
    assertThat(sent.get()).isEqualTo(pieces);
  }

  /** Sends so many, as long as they are taken; how many they were when it was waited in vain. */
  private static int sendPieces(ZeoConnection connection, int count, Semaphore turns) {
    ZeoMessage piece = ZeoMessage.oneWay("piece", Bytes.wrap(new byte[8 << 10]));
    for (int i = 0; i < count; i++) {
      while (!connection.isWritable()) {
        try {
          if (!turns.tryAcquire(20, TimeUnit.SECONDS)) {
            connection.close("waited in vain after " + i);
            return i;
          }
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      connection.send(piece);
    }
    return count;
  }

  @Test
  void client_overTheLimit_waitsInSilenceUntilAnotherLeaves() throws Exception {
    int port = listen(SETTINGS.withConnectionsMax(2), EchoHandlers.echo());
    WireClient first = connect(port);
    WireClient second = connect(port);
    assertThat(first.readText()).isEqualTo("Z5");
    assertThat(second.readText()).isEqualTo("Z5");
    WireClient third = connect(port);
    assertThat(gates).hasSize(2);
    assertThat(third.isSilent()).isTrue();
    first.close();
    assertThat(third.readText()).isEqualTo("Z5");
  }

  @Test
  void listener_closed_closesItsClients() throws Exception {
    EchoHandlers handlers = EchoHandlers.echo();
    ZeoListener listener =
        ZeoListener.start(SETTINGS, this::gate, handlers, () -> STATUS, NodeTls.NONE);
    WireClient client = greeted(listener.port(), "Z5");
    client.write(PING);
    assertThat(client.read().id()).isEqualTo(1L);
    serving = false;
    WireClient silent = connect(listener.port());
    await().until(() -> gates.size() == 2);
    listener.close();
    assertThat(client.isClosedByServer()).isTrue();
    assertThat(silent.isClosedByServer()).isTrue();
    assertThat(handlers.closed).hasSize(1);
    listener.close();
  }
}
