package io.troika.server.front.zeo;

import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.front.zeo.wire.ZeoEncoding;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.tls.PeerIdentity;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Keeps what is sent to a client, in its order. Safe for any thread. */
final class FakeConnection implements ZeoConnection {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Executor thread;
  private final List<ZeoMessage> sent = new ArrayList<>(); // guarded by this
  private @Nullable String closedWhy; // guarded by this
  private volatile boolean writable = true;
  private @Nullable PeerIdentity identity; // set before it is used
  private volatile CompletableFuture<?> awaited = CompletableFuture.completedFuture(null);

  /**
   * An open one.
   *
   * @param thread in place of the event loop
   */
  FakeConnection(Executor thread) {
    this.thread = thread;
  }

  @Override
  public synchronized void send(ZeoMessage message) {
    if (closedWhy == null) {
      sent.add(message);
      notifyAll();
    }
  }

  @Override
  public synchronized void close(String why) {
    if (closedWhy == null) {
      closedWhy = why;
      notifyAll();
    }
  }

  /** The answer to a call, once it is there. */
  synchronized ZeoMessage await(long id) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      for (int i = sent.size() - 1; i >= 0; i--) {
        if (sent.get(i).isReply() && Long.valueOf(id).equals(sent.get(i).id())) {
          return sent.get(i);
        }
      }
      long left = (end - System.nanoTime()) / 1_000_000;
      if (closedWhy != null || left <= 0) {
        throw new AssertionError("call " + id + " is not answered; closed: " + closedWhy);
      }
      wait(left);
    }
  }

  @Override
  public boolean isWritable() {
    return writable;
  }

  @Override
  public void readAfter(CompletableFuture<?> step) {
    awaited = step;
  }

  /** What the last message has to wait for. */
  CompletableFuture<?> awaited() {
    return awaited;
  }

  void setWritable(boolean taking) {
    writable = taking;
  }

  @Override
  public Executor thread() {
    return thread;
  }

  @Override
  public SocketAddress remoteAddress() {
    return InetSocketAddress.createUnresolved("client", 1);
  }

  /** The client shows a certificate with this name. */
  FakeConnection as(PeerIdentity shown) {
    identity = shown;
    return this;
  }

  @Override
  public @Nullable PeerIdentity identity() {
    return identity;
  }

  @Override
  public ZeoEncoding encoding() {
    return ZeoEncoding.PICKLE;
  }

  synchronized List<ZeoMessage> sent() {
    return List.copyOf(sent);
  }

  /** Why it was closed, null while it is open. */
  synchronized @Nullable String closedWhy() {
    return closedWhy;
  }
}
