package io.troika.server.front.zeo.wire;

import io.troika.server.tls.PeerIdentity;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One client, after the handshake. Safe for any thread; nothing here blocks. */
public interface ZeoConnection {
  /**
   * Sends a message. Messages arrive in the order of these calls: whoever sends from several
   * threads under one lock has them in the order of the lock. After the end of the connection
   * messages are dropped.
   *
   * <p>Never refuses a message, see {@link #isWritable}; but a client for which far more than that
   * is waiting is cut off.
   *
   * @throws IllegalArgumentException if it holds a value that is no wire value
   */
  void send(ZeoMessage message);

  /**
   * Ends the connection, with one line in the log. What was sent before still goes out if the
   * client takes it at once. The second call does nothing.
   *
   * @param why for the log
   */
  void close(String why);

  /**
   * Whether the client takes what is sent. While not, nothing is read from it either, and whoever
   * has much to send should wait for {@link ZeoHandler#onWritabilityChanged}.
   */
  boolean isWritable();

  /**
   * Takes no further message from the client until {@code step} has ended, in whatever way. To be
   * called by the handler of a message, on the event loop.
   */
  void readAfter(CompletableFuture<?> step);

  /** The event loop: what it is given runs in order, and not once the connection is gone. */
  Executor thread();

  SocketAddress remoteAddress();

  /** Whose certificate the client showed; null without TLS. */
  @Nullable PeerIdentity identity();

  /** How this client's messages are written. */
  ZeoEncoding encoding();
}
