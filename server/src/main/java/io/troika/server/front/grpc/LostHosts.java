package io.troika.server.front.grpc;

import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollChannelOption;
import java.time.Duration;

/**
 * Has the kernel end connections to hosts that it can't reach any more, though they never said so.
 * With such a connection go the votes of a node that is cut off from the leader, so that its
 * clients, which are sent to other nodes, find no locks of their own there. The other end's kernel
 * answers for a process that is paused or slow, so that keeps its connections, but for one on which
 * it has not taken for so long what it was sent. A ping of gRPC comes after 10 s at the earliest.
 */
final class LostHosts {
  /** After so long a host is taken for lost. */
  static final Duration NOTICED_AFTER = Duration.ofSeconds(4);

  private static final int IDLE_SECONDS = 2;
  private static final int PROBES = 2;
  private static final int BETWEEN_PROBES_SECONDS = 1;

  private LostHosts() {}

  /** Where the transport is not Linux's own, the system's hours stay as they are. */
  static void notice(NettyServerBuilder builder) {
    if (!Epoll.isAvailable()) {
      return;
    }
    builder
        .withChildOption(ChannelOption.SO_KEEPALIVE, true)
        .withChildOption(EpollChannelOption.TCP_KEEPIDLE, IDLE_SECONDS)
        .withChildOption(EpollChannelOption.TCP_KEEPCNT, PROBES)
        .withChildOption(EpollChannelOption.TCP_KEEPINTVL, BETWEEN_PROBES_SECONDS)
        .withChildOption(EpollChannelOption.TCP_USER_TIMEOUT, (int) NOTICED_AFTER.toMillis());
  }
}
