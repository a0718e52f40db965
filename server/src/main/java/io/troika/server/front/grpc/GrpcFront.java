package io.troika.server.front.grpc;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.troika.server.config.HostAndPort;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The gRPC server of a node: ObjectStore, health, reflection, and what other services it is given.
 * Safe for any thread.
 */
public final class GrpcFront implements AutoCloseable {
  /** What one message may have beside the largest transaction. */
  private static final int MESSAGE_OVERHEAD_BYTES = 1 << 20;

  private static final int CALLS_PER_CONNECTION_MAX = 1_024;
  private static final Duration DRAIN_DEFAULT = Duration.ofSeconds(5);

  /** Clients may look for a dead node this often, also between calls. */
  private static final Duration CLIENT_PING_MIN = Duration.ofMillis(500);

  /** A client that does not answer a ping, sent this long after its last sign of life, is cut. */
  private static final Duration PING_AFTER = Duration.ofSeconds(20);

  private static final Duration PING_ANSWER_MAX = Duration.ofSeconds(10);

  private final Server server;
  private final FrontServices services;
  private final ExecutorService pool;

  private GrpcFront(Server server, FrontServices services, ExecutorService pool) {
    this.server = server;
    this.services = services;
    this.pool = pool;
  }

  /**
   * Binds and serves.
   *
   * @param address port 0 asks the system for a free one, see {@link #port}
   * @param credentials how the port is secured
   * @param others further services behind the same port, errors mapped alike (Admin)
   * @throws IOException if the address can't be bound
   */
  public static GrpcFront start(
      HostAndPort address,
      ServerCredentials credentials,
      FrontSetting setting,
      List<BindableService> others)
      throws IOException {
    ExecutorService pool = newPool();
    int messageBytesMax = setting.groups().main().transactionBytesMax() + MESSAGE_OVERHEAD_BYTES;
    FrontServices services = new FrontServices(setting, pool, messageBytesMax);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address.toSocketAddress(), credentials)
            .maxInboundMessageSize(messageBytesMax)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
            .permitKeepAliveTime(CLIENT_PING_MIN.toNanos(), NANOSECONDS)
            .permitKeepAliveWithoutCalls(true)
            .keepAliveTime(PING_AFTER.toNanos(), NANOSECONDS)
            .keepAliveTimeout(PING_ANSWER_MAX.toNanos(), NANOSECONDS);
    LostHosts.notice(builder);
    services.addTo(builder, others);
    try {
      return new GrpcFront(builder.build().start(), services, pool);
    } catch (IOException e) {
      pool.shutdownNow();
      throw address.cannotListen(e);
    }
  }

  /** Its queue is bounded by {@link CallLimits}. */
  private static ExecutorService newPool() {
    int threads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
    AtomicInteger count = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "troika-calls-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** The port that is listened on. */
  public int port() {
    return server.getPort();
  }

  /**
   * Takes no new calls, ends watches with Lost, lets the others finish for at most {@code
   * patience}, then cuts them off. The second call does nothing.
   */
  public void stop(Duration patience) {
    services.stop();
    server.shutdown();
    try {
      if (!server.awaitTermination(patience.toNanos(), NANOSECONDS)) {
        server.shutdownNow();
        server.awaitTermination(1, SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    pool.shutdown();
  }

  /** Stops with a patience of 5 s. */
  @Override
  public void close() {
    stop(DRAIN_DEFAULT);
  }
}
