package io.troika.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Addresses of something else than nodes' ports for clients, as people take them from a list. */
@Timeout(180)
final class WrongPortTest {
  private static final List<String> GREETINGS =
      List.of("", "\0\0\0\2Z5", "HTTP/1.1 400 Bad Request\r\n\r\n");

  /** Side by side: each call takes all the time that it is given. */
  @Test
  void call_portSpeaksSomethingElse_asksWhetherItIsTheRightOne() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(GREETINGS.size());
    try {
      List<Future<?>> questions = new ArrayList<>();
      for (String greeting : GREETINGS) {
        questions.add(
            threads.submit(
                () -> {
                  callIsAskedWhetherItIsTheRightPort(greeting);
                  return null;
                }));
      }
      for (Future<?> question : questions) {
        question.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void callIsAskedWhetherItIsTheRightPort(String greeting) throws IOException {
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
          .as("greeted with '%s'", greeting)
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("127.0.0.1:" + port.getLocalPort() + ": ")
          .hasMessageContaining("is this its port for clients");
      // Also where no leader is looked for.
      assertThatThrownBy(() -> client.admin().status())
          .as("greeted with '%s'", greeting)
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
