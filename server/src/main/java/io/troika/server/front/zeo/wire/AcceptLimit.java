package io.troika.server.front.zeo.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts so many connections and no more. Further ones wait in the system's queue: their clients
 * see a node that is silent, and turn to it again only if the others are worse; one that is closed
 * would be dropped (zeo-protocol.md §13.1). On the event loop of the listening channel.
 */
final class AcceptLimit extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(AcceptLimit.class);

  private final int connectionsMax;
  private int connections;

  AcceptLimit(int connectionsMax) {
    this.connectionsMax = connectionsMax;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object accepted) {
    if (++connections == connectionsMax) {
      LOG.warn("ZEO clients: {} are connected, others have to wait", connections);
    }
    if (connections >= connectionsMax) {
      context.channel().config().setAutoRead(false);
    }
    ((Channel) accepted)
        .closeFuture()
        .addListener(closed -> context.executor().execute(() -> left(context)));
    context.fireChannelRead(accepted);
  }

  private void left(ChannelHandlerContext context) {
    if (connections-- == connectionsMax) {
      context.channel().config().setAutoRead(true);
    }
  }
}
