package io.troika.server.metrics;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;

/**
 * An HTTP proxy on loopback that knows where nodes are: so Prometheus asks for them by the names
 * that they have in the network of the compose file. {@code CONNECT} only; what goes through is not
 * looked at.
 */
final class NamedNodes implements AutoCloseable {
  private final ServerSocket listener;
  private final Map<String, Integer> ports;

  /**
   * Starts it.
   *
   * @param ports on loopback, by {@code host:port} as it is asked for
   */
  NamedNodes(Map<String, Integer> ports) throws IOException {
    this.ports = Map.copyOf(ports);
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "named-nodes");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        start(() -> connect(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void connect(Socket client) {
    try (client) {
      // Unbuffered reads would do, but nothing comes before the answer, so nothing is lost here.
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII));
      String[] asked = line(lines).split(" ", -1);
      while (!line(lines).isEmpty()) {
        // Headers say nothing that is needed.
      }
      OutputStream answer = client.getOutputStream();
      Integer port = asked[0].equals("CONNECT") ? ports.get(asked[1]) : null;
      if (port == null) {
        answer.write("HTTP/1.1 404 unknown\r\n\r\n".getBytes(US_ASCII));
        return;
      }
      try (Socket node = new Socket(InetAddress.getLoopbackAddress(), port)) {
        answer.write("HTTP/1.1 200 connected\r\n\r\n".getBytes(US_ASCII));
        start(() -> copy(node, client));
        copy(client, node);
      } catch (IOException e) { // the node is down
        answer.write("HTTP/1.1 502 down\r\n\r\n".getBytes(US_ASCII));
      }
    } catch (IOException e) {
      // Whoever asked sees it too.
    }
  }

  private static String line(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new EOFException("whoever asked is gone");
    }
    return line;
  }

  /** Until one of both ends. */
  private static void copy(Socket from, Socket to) {
    try (from;
        to;
        InputStream in = from.getInputStream()) {
      in.transferTo(to.getOutputStream());
    } catch (IOException e) {
      // Both are closed.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
