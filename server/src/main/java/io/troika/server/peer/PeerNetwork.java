package io.troika.server.peer;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.troika.server.config.HostAndPort;
import io.troika.server.tls.NodeTls;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sockets of the side channel: threads of its own, so that a busy client port delays no leadership
 * proof, and the one place where its credentials are used.
 */
final class PeerNetwork implements AutoCloseable {
  /** Of one message in; the largest is a list of files that the asking node has. */
  static final int MESSAGE_BYTES_MAX = 4 << 20;

  private static final int METADATA_BYTES_MAX = 4 << 10;
  private static final int CALLS_PER_CONNECTION_MAX = 16;
  private static final int THREADS = 2;
  // Finds a silently cut connection, so that it is made anew; it is no sign of death.
  private static final long KEEP_ALIVE_SECONDS = 10;
  private static final long KEEP_ALIVE_ANSWER_SECONDS = 5;

  private static final long CLOSE_SECONDS_MAX = 2;

  // For each attempt to reach a peer whose name is unknown, gRPC would log a stack trace; that the
  // peer can't be reached is reported by PeerLink. Held, because loggers are weakly referenced.
  private static final Logger GRPC_CHANNEL_LOG =
      Logger.getLogger("io.grpc.internal.ManagedChannelImpl");

  static {
    GRPC_CHANNEL_LOG.setLevel(Level.SEVERE);
  }

  private final Set<ManagedChannel> channels = ConcurrentHashMap.newKeySet();
  private final boolean epoll = Epoll.isAvailable();
  private final EventLoopGroup loops;
  private final NodeTls tls;

  /**
   * Starts its threads when they are needed.
   *
   * @param name of the threads
   */
  PeerNetwork(String name, NodeTls tls) {
    this.tls = tls;
    loops =
        new MultiThreadIoEventLoopGroup(
            THREADS,
            new DefaultThreadFactory(name, true),
            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
  }

  /**
   * A connection not made yet. The name is resolved anew for each, so a changed one is followed.
   */
  ManagedChannel channel(HostAndPort address) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + address, tls.toNode())
            .eventLoopGroup(loops)
            .channelType(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
            .directExecutor()
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .maxInboundMetadataSize(METADATA_BYTES_MAX)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_ANSWER_SECONDS, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(false)
            // Peers are reached directly, whatever the environment says of proxies.
            .proxyDetector(target -> null)
            .disableServiceConfigLookUp()
            .disableRetry()
            .build();
    channels.removeIf(ManagedChannel::isTerminated);
    channels.add(channel);
    return channel;
  }

  /** A server not started yet; its calls are handled on the threads of the network. */
  NettyServerBuilder server(HostAndPort listen) {
    return NettyServerBuilder.forAddress(listen.toSocketAddress(), tls.forPeers())
        .bossEventLoopGroup(loops)
        .workerEventLoopGroup(loops)
        .channelType(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
        .directExecutor()
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .maxInboundMetadataSize(METADATA_BYTES_MAX)
        .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_ANSWER_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 2, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  /** Ends all connections, then the threads, in bounded time. */
  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS_MAX);
    try {
      for (ManagedChannel channel : channels) {
        channel.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
