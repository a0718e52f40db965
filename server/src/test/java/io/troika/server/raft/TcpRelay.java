package io.troika.server.raft;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Stands between a port and those who connect to it, and can lose the network between: nothing
 * passes any more over the connections that are there, and nobody is told.
 */
final class TcpRelay implements AutoCloseable {
  private static final int BUFFER_BYTES = 16 << 10;

  private final int port;
  private final ServerSocket listener;
  // Guarded by this.
  private final List<Socket> sockets = new ArrayList<>();
  // Guarded by this.
  private final Set<Socket> dead = new HashSet<>();
  // Guarded by this.
  private boolean cut;

  /** Listens on {@code host} and connects to 127.0.0.1, both with that port. */
  TcpRelay(String host, int port) throws IOException {
    this.port = port;
    listener = new ServerSocket(port, 50, InetAddress.getByName(host));
    start(this::accept);
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  /** What is connected now is dead from here on, and so is what connects before {@link #mend}. */
  synchronized void cut() {
    cut = true;
    dead.addAll(sockets);
  }

  /** What connects from here on is not dead. */
  synchronized void mend() {
    cut = false;
  }

  private void accept() {
    try {
      while (true) {
        connect(listener.accept());
      }
    } catch (IOException closed) {
      end();
    }
  }

  private void connect(Socket from) {
    try {
      Socket to = new Socket(InetAddress.getLoopbackAddress(), port);
      add(from);
      add(to);
      start(() -> pass(from, to));
      start(() -> pass(to, from));
    } catch (IOException nobodyListens) {
      close(from);
    }
  }

  private synchronized void add(Socket socket) {
    sockets.add(socket);
    if (cut) {
      dead.add(socket);
    }
  }

  private synchronized boolean isDead(Socket socket) {
    return dead.contains(socket);
  }

  private void pass(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      for (int length = from.getInputStream().read(buffer);
          length >= 0;
          length = from.getInputStream().read(buffer)) {
        if (isDead(from)) {
          return; // Reads no more: what is sent here piles up at the sender.
        }
        to.getOutputStream().write(buffer, 0, length);
      }
      to.shutdownOutput();
    } catch (IOException ended) {
      close(from);
      close(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private synchronized void end() {
    sockets.forEach(TcpRelay::close);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    end();
  }
}
