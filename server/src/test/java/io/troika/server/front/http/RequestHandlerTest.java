package io.troika.server.front.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How long a connection may take, in a time of the test's own. */
class RequestHandlerTest {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final EmbeddedChannel client =
      new EmbeddedChannel() {
        @Override
        protected SocketAddress remoteAddress0() {
          return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }
      };

  private void connect() {
    client.freezeTime();
    Map<String, Page.Source> slow = Map.of("/slow", request -> Page.text(200, "done"));
    HttpFront.addHandlers(client, new Site(Map.of(), slow, Map.of(), tasks::add, tasks::add));
  }

  private void pass(int seconds) {
    client.advanceTimeBy(seconds, TimeUnit.SECONDS);
    client.runPendingTasks();
  }

  @Test
  void client_saysNothing_isClosed() {
    connect();
    pass(RequestHandler.ASKING_SECONDS_MAX + 1);
    assertThat(client.isOpen()).isFalse();
  }

  /** As one does who wants to keep others out. */
  @Test
  void client_saysAByteNowAndThen_isClosed() {
    connect();
    for (char each : "GET /".toCharArray()) {
      assertThat(client.isOpen()).isTrue();
      client.writeInbound(Unpooled.copiedBuffer(String.valueOf(each), US_ASCII));
      pass(2);
    }
    pass(1);

    assertThat(client.isOpen()).isFalse();
  }

  @Test
  void answer_takesLongerThanToAsk_isSent() {
    connect();
    client.writeInbound(Unpooled.copiedBuffer("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", US_ASCII));
    pass(RequestHandler.ASKING_SECONDS_MAX + 1);
    assertThat(client.isOpen()).isTrue();

    tasks.remove().run();
    client.runPendingTasks();

    ByteBuf sent = client.readOutbound();
    assertThat(sent.toString(US_ASCII)).startsWith("HTTP/1.1 200");
    sent.release();
    assertThat(client.isOpen()).isFalse();
  }
}
