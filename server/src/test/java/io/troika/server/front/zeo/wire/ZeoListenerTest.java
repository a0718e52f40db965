package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
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
import java.util.concurrent.atomic.AtomicLong;
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
  private final ListenerFixture fixture = new ListenerFixture();
  private boolean serving = true;

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private int listen(ZeoListenerSettings settings, ZeoHandlerFactory handlers) throws IOException {
    return fixture.listen(settings, this::gate, handlers, STATUS);
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
    return fixture.connect(port);
  }

  private WireClient greeted(int port, String answer) throws IOException {
    return fixture.greeted(port, answer);
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
    Duration handshakeMax = Duration.ofSeconds(2);
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
    await().until(() -> handlers.closed.size() == 1);
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
  void client_overItsPace_isReadLaterAndStaysConnected() throws Exception {
    List<Long> receivedNanos = new CopyOnWriteArrayList<>();
    AtomicLong sentBytes = new AtomicLong();
    ZeoPace slow =
        new ZeoPace() {
          @Override
          public Duration received(int bytes) {
            receivedNanos.add(System.nanoTime());
            return Duration.ofMillis(50);
          }

          @Override
          public void sent(int bytes) {
            sentBytes.addAndGet(bytes);
          }
        };
    EchoHandlers handlers = EchoHandlers.echo().at(slow);
    WireClient client = greeted(listen(SETTINGS, handlers), "Z5");

    for (int i = 0; i < 3; i++) { // all of them at once
      client.write(PING);
    }
    for (int i = 0; i < 3; i++) {
      assertThat(client.read()).isEqualTo(ZeoMessage.reply(1L, Wire.tuple()));
    }

    assertThat(receivedNanos.get(2) - receivedNanos.get(0)).isGreaterThanOrEqualTo(100_000_000);
    assertThat(sentBytes).hasPositiveValue();
    assertThat(handlers.closed).isEmpty();
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
    await().until(() -> handlers.closed.size() == 1);
    listener.close();
  }
}
