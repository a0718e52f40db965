package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.Bytes;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who sends faster than the other side takes, over real sockets. */
final class ZeoFlowTest {
  private static final ZeoListenerSettings SETTINGS =
      ZeoListenerSettings.of(HostAndPort.parse("127.0.0.1:0"));
  private static final ZeoMessage PING = new ZeoMessage(1L, Flag.CALL, "ping", Wire.tuple());

  private final ListenerFixture fixture = new ListenerFixture();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  @Test
  void client_thatDoesNotRead_isNotReadFromUntilItDoes() throws Exception {
    Bytes data = Bytes.wrap(new byte[100_000]);
    EchoHandlers handlers =
        new EchoHandlers(
            (connection, message) -> connection.send(ZeoMessage.reply(message.id(), data)));
    int port = fixture.listen(SETTINGS.withUnsentBytes(1 << 20, 64 << 20), handlers);
    WireClient client = fixture.greeted(port, "Z5");
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
    int port = fixture.listen(SETTINGS.withUnsentBytes(1 << 20, 8 << 20), handlers);
    WireClient client = fixture.greeted(port, "Z5");
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
    WireClient client = fixture.greeted(fixture.listen(SETTINGS, handlers), "Z5");
    for (long id = 1; id <= 3; id++) {
      client.write(new ZeoMessage(id, Flag.CALL, "storeBlobChunk", Wire.tuple()));
    }
    assertThat(client.read().id()).isEqualTo(1L);
    await().during(Duration.ofMillis(100)).until(() -> handlers.messages.size() == 1);

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
    WireClient client =
        fixture.greeted(fixture.listen(SETTINGS.withUnsentBytes(1 << 16, 8 << 20), sender), "Z5");
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
          if (!turns.tryAcquire(60, TimeUnit.SECONDS)) {
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
}
