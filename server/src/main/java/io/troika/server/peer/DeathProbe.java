package io.troika.server.peer;

import io.troika.server.config.HostAndPort;
import io.troika.server.raft.threads.TaskTimer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Tells whether a process that should listen on an address is gone: the host is there and refuses
 * the connection. Everything else - an accepted connection, silence, no route, an unknown name - is
 * no proof of death. Safe for any thread.
 */
final class DeathProbe implements AutoCloseable {
  /** Far below the minutes after which the system itself reports a connection as timed out. */
  static final Duration TIMEOUT_MAX = Duration.ofSeconds(60);

  // Connecting and resolving block, so a few hanging suspects must not take all threads at once.
  private static final int THREADS = 4;
  private static final int WAITING_MAX = 16;

  private final TaskTimer timer;
  private final ThreadPoolExecutor threads;

  DeathProbe(TaskTimer timer, ThreadFactory factory) {
    this.timer = timer;
    this.threads =
        new ThreadPoolExecutor(
            THREADS, THREADS, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX), factory);
    threads.allowCoreThreadTimeOut(true);
  }

  /** Completes in time, with false if nothing was found out. */
  CompletableFuture<Boolean> refuses(HostAndPort address, Duration timeout) {
    Duration bounded = timeout.compareTo(TIMEOUT_MAX) < 0 ? timeout : TIMEOUT_MAX;
    CompletableFuture<Boolean> refuses = new CompletableFuture<>();
    try {
      threads.execute(() -> refuses.complete(connectIsRefused(address, bounded)));
    } catch (RejectedExecutionException busy) {
      refuses.complete(false);
      return refuses;
    }
    Runnable cancel = timer.schedule(() -> refuses.complete(false), bounded);
    var unused = refuses.whenComplete((done, failure) -> cancel.run());
    return refuses;
  }

  /** Every address that the name has must refuse. */
  private static boolean connectIsRefused(HostAndPort address, Duration timeout) {
    InetAddress[] all;
    try {
      all = InetAddress.getAllByName(address.toSocketAddress().getHostString());
    } catch (IOException unknownHost) {
      return false;
    }
    for (InetAddress one : all) {
      if (!refuses(new InetSocketAddress(one, address.port()), timeout)) {
        return false;
      }
    }
    return true;
  }

  private static boolean refuses(InetSocketAddress address, Duration timeout) {
    int millis = (int) Math.max(1, timeout.toMillis());
    try (Socket socket = new Socket()) {
      socket.connect(address, millis);
      return false;
    } catch (ConnectException refused) {
      // Its text depends on the locale. The other causes that Java reports by this class are the
      // system's own time-out, which comes later than ours, and ENOTCONN, which connect never
      // gives.
      return true;
    } catch (IOException inconclusive) {
      return false;
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
