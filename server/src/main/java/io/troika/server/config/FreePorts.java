package io.troika.server.config;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Ports of the loopback address that nobody listens on. They lie below those that Linux gives to
 * outgoing connections (32768 to 60999, {@code ip_local_port_range}): of a port that the system
 * chooses, as for port 0, a connection of anybody's may be on it again before its node listens.
 *
 * <p>Nor does another process of ours take them meanwhile. They come in blocks, and who takes ports
 * of a block listens on its first one until the process ends: so a block has one process, and the
 * system gives it back.
 */
public final class FreePorts {
  static final int PORTS_OF_BLOCK = 100;

  private static final FreePorts OF_PROCESS = new FreePorts(10_000, 220);

  private final int first;
  private final int blocks;
  // From somewhere, so that processes that start at once don't all ask for the same.
  private final int firstBlock;
  private final List<ServerSocket> ownBlocks = new ArrayList<>();
  private int blocksTried;
  private int port;
  private int end;

  /** Of so many blocks, from the port on. */
  FreePorts(int first, int blocks) {
    this.first = first;
    this.blocks = blocks;
    firstBlock = ThreadLocalRandom.current().nextInt(blocks);
  }

  /**
   * That many, all different and none that this process took before. Safe for any thread.
   *
   * @throws IOException if there are not as many
   */
  public static List<Integer> take(int count) throws IOException {
    return OF_PROCESS.next(count);
  }

  synchronized List<Integer> next(int count) throws IOException {
    List<Integer> ports = new ArrayList<>();
    while (ports.size() < count && (port < end || beginBlock())) {
      int candidate = port++;
      if (isFree(candidate)) {
        ports.add(candidate);
      }
    }
    if (ports.size() < count) {
      throw new IOException(
          "ports from %s to %s: expected %s that are free, found %s"
              .formatted(first, first + blocks * PORTS_OF_BLOCK - 1, count, ports.size()));
    }
    return ports;
  }

  /** Gives the blocks back, as the end of the process does. */
  synchronized void close() throws IOException {
    for (ServerSocket block : ownBlocks) {
      block.close();
    }
  }

  private boolean beginBlock() throws IOException {
    while (blocksTried < blocks) {
      int itsFirst = first + (firstBlock + blocksTried++) % blocks * PORTS_OF_BLOCK;
      ServerSocket held = listen(itsFirst);
      if (held != null) {
        ownBlocks.add(held);
        port = itsFirst + 1;
        end = itsFirst + PORTS_OF_BLOCK;
        return true;
      }
    }
    return false;
  }

  private static boolean isFree(int port) throws IOException {
    try (ServerSocket socket = listen(port)) {
      return socket != null;
    }
  }

  /** Null if somebody else does. */
  private static @Nullable ServerSocket listen(int port) throws IOException {
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (BindException taken) {
      return null;
    }
  }
}
