package io.troika.server.front.zeo.wire;

import io.troika.server.config.HostAndPort;
import java.time.Duration;

/**
 * How ZEO clients are listened for.
 *
 * @param address port 0 asks the system for a free one
 * @param encoding what is announced; a client may answer with the other
 * @param threads event loops, shared by all connections
 * @param frameBytesMax the largest message of a client
 * @param connectionsMax open at once; further clients wait, not accepted
 * @param handshakeMax for a client's answer to the greeting
 * @param unsentBytesHigh when more is waiting for a client, nothing is read from it until a quarter
 *     of that is left
 * @param unsentBytesMax a client for which more is waiting is cut off
 */
public record ZeoListenerSettings(
    HostAndPort address,
    ZeoEncoding encoding,
    int threads,
    int frameBytesMax,
    int connectionsMax,
    Duration handshakeMax,
    long unsentBytesHigh,
    long unsentBytesMax) {

  /** The shortest frame is a handshake's. */
  private static final int FRAME_BYTES_MIN = 64;

  public ZeoListenerSettings {
    if (threads < 1 || connectionsMax < 1 || handshakeMax.toMillis() < 1) {
      throw new IllegalArgumentException(
          "expected a thread, a connection and a millisecond at least, found %d, %d and %s"
              .formatted(threads, connectionsMax, handshakeMax));
    }
    if (frameBytesMax < FRAME_BYTES_MIN
        || unsentBytesHigh < 1
        || unsentBytesMax < unsentBytesHigh) {
      throw new IllegalArgumentException(
          "expected frames of %d bytes at least and 1 <= unsent high <= max, found %d, %d and %d"
              .formatted(FRAME_BYTES_MIN, frameBytesMax, unsentBytesHigh, unsentBytesMax));
    }
  }

  /**
   * Pickle; a thread for each two processors, two at least; frames of 256 MiB; 4,096 connections;
   * 30 s for the handshake; 1 MiB unsent, or 256 MiB before a client is cut off.
   */
  public static ZeoListenerSettings of(HostAndPort address) {
    return new ZeoListenerSettings(
        address,
        ZeoEncoding.PICKLE,
        Math.max(2, Runtime.getRuntime().availableProcessors() / 2),
        256 << 20,
        4_096,
        Duration.ofSeconds(30),
        1 << 20,
        256 << 20);
  }

  public ZeoListenerSettings withEncoding(ZeoEncoding newEncoding) {
    return new ZeoListenerSettings(
        address,
        newEncoding,
        threads,
        frameBytesMax,
        connectionsMax,
        handshakeMax,
        unsentBytesHigh,
        unsentBytesMax);
  }

  public ZeoListenerSettings withFrameBytesMax(int newMax) {
    return new ZeoListenerSettings(
        address,
        encoding,
        threads,
        newMax,
        connectionsMax,
        handshakeMax,
        unsentBytesHigh,
        unsentBytesMax);
  }

  public ZeoListenerSettings withConnectionsMax(int newMax) {
    return new ZeoListenerSettings(
        address,
        encoding,
        threads,
        frameBytesMax,
        newMax,
        handshakeMax,
        unsentBytesHigh,
        unsentBytesMax);
  }

  public ZeoListenerSettings withHandshakeMax(Duration newMax) {
    return new ZeoListenerSettings(
        address,
        encoding,
        threads,
        frameBytesMax,
        connectionsMax,
        newMax,
        unsentBytesHigh,
        unsentBytesMax);
  }

  public ZeoListenerSettings withUnsentBytes(long newHigh, long newMax) {
    return new ZeoListenerSettings(
        address, encoding, threads, frameBytesMax, connectionsMax, handshakeMax, newHigh, newMax);
  }
}
