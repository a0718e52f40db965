package io.troika.server.front.zeo.wire;

import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends one connection once, with one line in the log, for whichever reason comes first. Safe for
 * any thread.
 */
final class ConnectionEnd {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionEnd.class);

  private final Channel channel;
  private final String client;
  private final AtomicBoolean ended = new AtomicBoolean();

  ConnectionEnd(Channel channel) {
    this.channel = channel;
    this.client = String.valueOf(channel.remoteAddress());
  }

  boolean hasEnded() {
    return ended.get();
  }

  /** The client did what the protocol does not allow. */
  void refuse(String why) {
    if (ended.compareAndSet(false, true)) {
      LOG.warn("ZEO client {} cut off: {}", client, why);
      var unused = channel.close();
    }
  }

  /** We did something wrong. */
  void fail(String what, Throwable cause) {
    if (ended.compareAndSet(false, true)) {
      LOG.error("ZEO client {} cut off: {}", client, what, cause);
      var unused = channel.close();
    }
  }

  /** The connection has gone. */
  void gone(@Nullable Throwable cause) {
    if (ended.compareAndSet(false, true)) {
      LOG.info("ZEO client {} left{}", client, cause == null ? "" : ": " + cause.getMessage());
      var unused = channel.close();
    }
  }

  /**
   * We want no more of it.
   *
   * @return whether it is to be closed now, by the caller; false if that was done
   */
  boolean begin(String why) {
    boolean first = ended.compareAndSet(false, true);
    if (first) {
      LOG.info("ZEO client {} closed: {}", client, why);
    }
    return first;
  }
}
