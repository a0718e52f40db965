package io.troika.server.front.zeo.wire;

import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Listeners and the sockets of their clients, which end with a test. */
final class ListenerFixture {
  private final List<AutoCloseable> opened = new ArrayList<>();

  /** The port of a listener that greets everybody at once. */
  int listen(ZeoListenerSettings settings, ZeoHandlerFactory handlers) throws IOException {
    return listen(settings, () -> CompletableFuture.completedFuture(null), handlers, "");
  }

  int listen(
      ZeoListenerSettings settings, ServingGate gate, ZeoHandlerFactory handlers, String status)
      throws IOException {
    ZeoListener listener = ZeoListener.start(settings, gate, handlers, () -> status, NodeTls.NONE);
    opened.add(0, listener);
    return listener.port();
  }

  WireClient connect(int port) throws IOException {
    WireClient client = new WireClient(port);
    opened.add(0, client);
    return client;
  }

  WireClient greeted(int port, String answer) throws IOException {
    WireClient client = WireClient.greeted(port, answer);
    opened.add(0, client);
    return client;
  }

  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }
}
