package io.troika.it.bench;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The connections of one system's clients: client <i>i</i> uses number <i>i</i> modulo {@code
 * bench.connections} (default 8), as the threads of an application server share its connection. Not
 * thread-safe.
 */
final class Connections<C> implements AutoCloseable {
  private static final int COUNT = Integer.getInteger("bench.connections", 8);

  private final IntFunction<C> open;
  private final Closing<C> closing;
  private final Map<Integer, C> opened = new HashMap<>();

  /** Ends one connection. */
  interface Closing<C> {
    void close(C connection) throws IOException;
  }

  Connections(IntFunction<C> open, Closing<C> closing) {
    this.open = open;
    this.closing = closing;
  }

  C of(int client) {
    return opened.computeIfAbsent(client % COUNT, open::apply);
  }

  /** Closes what {@code clients} clients don't use: no idle client listens to what they do. */
  void keepFor(int clients) throws IOException {
    for (int number = Math.min(clients, COUNT); number < COUNT; number++) {
      C unused = opened.remove(number);
      if (unused != null) {
        closing.close(unused);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (C connection : opened.values()) {
      closing.close(connection);
    }
    opened.clear();
  }
}
