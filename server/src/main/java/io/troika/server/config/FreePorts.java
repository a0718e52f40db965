package io.troika.server.config;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports of the loopback address that nobody listens on. They lie below those that Linux gives to
 * outgoing connections (32768 to 60999, {@code ip_local_port_range}): of a port that the system
 * chooses, as for port 0, a connection of anybody's may be on it again before its node listens.
 */
public final class FreePorts {
  private static final int FIRST = 10_000;
  private static final int COUNT = 22_000;

  // From somewhere, so that processes that start at once take others; on from there, so that one
  // process takes none twice.
  private static final AtomicInteger next =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

  private FreePorts() {}

  /**
   * That many, all different. Safe for any thread.
   *
   * @throws IOException if there are not as many
   */
  public static List<Integer> take(int count) throws IOException {
    List<Integer> ports = new ArrayList<>();
    for (int tried = 0; tried < COUNT && ports.size() < count; tried++) {
      int port = FIRST + Math.floorMod(next.getAndIncrement(), COUNT);
      if (isFree(port)) {
        ports.add(port);
      }
    }
    if (ports.size() < count) {
      throw new IOException(
          "ports from %s to %s: expected %s that are free, found %s"
              .formatted(FIRST, FIRST + COUNT - 1, count, ports.size()));
    }
    return ports;
  }

  private static boolean isFree(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (BindException taken) {
      return false;
    }
  }
}
