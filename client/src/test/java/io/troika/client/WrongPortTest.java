package io.troika.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses of something else than nodes' ports for clients, as people take them from a list. */
@Timeout(180)
final class WrongPortTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "\0\0\0\2Z5", "HTTP/1.1 400 Bad Request\r\n\r\n"})
  void call_portSpeaksSomethingElse_asksWhetherItIsTheRightOne(String greeting) throws IOException {
    try (ServerSocket port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        TroikaClient client =
            TroikaClient.builder()
                .endpoints("127.0.0.1:" + port.getLocalPort())
                .callTimeout(Duration.ofSeconds(5))
                .build()) {
      Thread server = new Thread(() -> greet(port, greeting), "something else");
      server.setDaemon(true);
      server.start();

      assertThatThrownBy(() -> client.store("main").info())
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("127.0.0.1:" + port.getLocalPort() + ": ")
          .hasMessageContaining("is this its port for clients");
      // Also where no leader is looked for.
      assertThatThrownBy(() -> client.admin().status())
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("is this its port for clients");
    }
  }

  /** Until the port is closed. */
  private static void greet(ServerSocket port, String greeting) {
    while (!port.isClosed()) {
      try (Socket connection = port.accept()) {
        connection.getOutputStream().write(greeting.getBytes(ISO_8859_1));
        connection.getOutputStream().flush();
        int unused = connection.getInputStream().read();
      } catch (IOException e) {
        // Who called is gone, or the port is closed: the next one.
      }
    }
  }
}
