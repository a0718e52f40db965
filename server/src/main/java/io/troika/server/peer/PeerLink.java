package io.troika.server.peer;

import io.troika.server.config.HostAndPort;
import io.troika.server.peer.v1.Answer;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.Question;
import io.troika.server.raft.threads.TaskTimer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a {@link Conversation} with one peer: a new one after each that ends, first at once, then
 * after growing pauses. Safe for any thread.
 */
final class PeerLink implements AutoCloseable, Conversation.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

  private final Hello hello;
  private final HostAndPort address;
  private final PeerNetwork network;
  private final PeerSettings settings;
  private final TaskTimer timer;
  private final Consumer<String> lost;

  // Written under this.
  private volatile @Nullable Conversation conversation;
  private volatile boolean closed;
  // Guarded by this.
  private Duration pause;

  /**
   * Not connected yet.
   *
   * @param lost told the peer's id each time an established conversation ends by itself
   */
  PeerLink(
      Hello hello,
      HostAndPort address,
      PeerNetwork network,
      PeerSettings settings,
      TaskTimer timer,
      Consumer<String> lost) {
    this.hello = hello;
    this.address = address;
    this.network = network;
    this.settings = settings;
    this.timer = timer;
    this.lost = lost;
    this.pause = settings.reconnectPauseMin();
  }

  HostAndPort address() {
    return address;
  }

  /** Begins to connect. */
  void start() {
    Conversation opened;
    synchronized (this) {
      if (closed) {
        return;
      }
      opened = new Conversation(hello, network.channel(address), settings, timer, this);
      conversation = opened;
    }
    opened.start();
  }

  CompletableFuture<Answer> ask(Question.Builder question, Duration timeout) {
    Conversation now = conversation;
    if (now == null) {
      return CompletableFuture.failedFuture(
          new IOException("peer %s at %s is not connected".formatted(hello.getTo(), address)));
    }
    return now.ask(question, timeout);
  }

  boolean isUp() {
    Conversation now = conversation;
    return now != null && now.isUp();
  }

  @Override
  public void greeted(Conversation greeted) {
    LOG.debug("peer {} at {} is connected", hello.getTo(), address);
    synchronized (this) {
      pause = settings.reconnectPauseMin();
    }
  }

  @Override
  public void ended(Conversation over, IOException cause) {
    Duration wait;
    synchronized (this) {
      if (closed) {
        return;
      }
      conversation = null;
      wait = pause;
      Duration doubled = pause.multipliedBy(2);
      Duration most = settings.reconnectPauseMax();
      pause = doubled.compareTo(most) < 0 ? doubled : most;
    }
    timer.schedule(this::start, wait);
    if (over.wasGreeted()) {
      LOG.info("peer {} at {} is lost: {}", hello.getTo(), address, reason(cause));
      lost.accept(hello.getTo());
    } else {
      LOG.debug("peer {} at {} can't be reached: {}", hello.getTo(), address, reason(cause));
    }
  }

  /** In one line: that a peer goes is an ordinary event. */
  private static String reason(IOException cause) {
    return String.valueOf(cause.getCause() == null ? cause.getMessage() : cause.getCause());
  }

  @Override
  public void close() {
    Conversation last;
    synchronized (this) {
      closed = true;
      last = conversation;
      conversation = null;
    }
    if (last != null) {
      last.end(new IOException("this node closes the connection"));
    }
  }
}
