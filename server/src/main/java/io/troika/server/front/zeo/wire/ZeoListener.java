package io.troika.server.front.zeo.wire;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.troika.server.tls.NodeTls;
import io.troika.server.tls.NodeTls.Managers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Listens for ZEO clients. Each is left in silence until the node serves, then greeted; its
 * messages go to a handler of its own. Safe for any thread.
 */
public final class ZeoListener implements AutoCloseable {
  private static final int BACKLOG = 1_024;
  private static final Duration PATIENCE_DEFAULT = Duration.ofSeconds(2);
  private static final AttributeKey<ConnectionEnd> END = AttributeKey.valueOf("troika.zeo.end");

  private final EventLoopGroup loops;
  private final ChannelGroup clients;
  private final Channel server;

  private ZeoListener(EventLoopGroup loops, ChannelGroup clients, Channel server) {
    this.loops = loops;
    this.clients = clients;
    this.server = server;
  }

  /**
   * Binds and listens.
   *
   * @param tls how connections are secured
   * @param status what {@code ruok} is answered with, JSON; asked on an event loop, must not block
   * @throws IOException if the address can't be bound
   */
  public static ZeoListener start(
      ZeoListenerSettings settings,
      ServingGate gate,
      ZeoHandlerFactory handlers,
      Supplier<String> status,
      NodeTls tls)
      throws IOException {
    SslContext secured = sslContext(tls);
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            settings.threads(),
            new DefaultThreadFactory("troika-zeo", true),
            NioIoHandler.newFactory());
    ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .handler(new AcceptLimit(settings.connectionsMax()))
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel client) {
                    clients.add(client);
                    if (secured != null) {
                      client.pipeline().addLast("tls", secured.newHandler(client.alloc()));
                    }
                    addHandlers(client, settings, gate, handlers, status);
                  }
                });
    var bound = bootstrap.bind(settings.address().toSocketAddress()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var unused = loops.shutdownGracefully(0, 0, MILLISECONDS);
      throw settings.address().cannotListen(bound.cause());
    }
    return new ZeoListener(loops, clients, bound.channel());
  }

  private static @Nullable SslContext sslContext(NodeTls tls) throws IOException {
    Managers managers = tls.managers().orElse(null);
    return managers == null
        ? null
        : SslContextBuilder.forServer(managers.key())
            .trustManager(managers.clients())
            .clientAuth(ClientAuth.REQUIRE)
            .build();
  }

  private static void addHandlers(
      Channel client,
      ZeoListenerSettings settings,
      ServingGate gate,
      ZeoHandlerFactory handlers,
      Supplier<String> status) {
    ConnectionEnd end = new ConnectionEnd(client);
    client.attr(END).set(end);
    FrameAssembler frames = new FrameAssembler(end, Handshake.FRAME_BYTES_MAX);
    Handshake handshake =
        new Handshake(
            settings,
            gate,
            status,
            end,
            (context, encoding) -> {
              MessageChannel messages = new MessageChannel(client, encoding, settings, end, frames);
              context.pipeline().replace(context.handler(), "messages", messages);
              messages.open(handlers, settings.frameBytesMax());
            });
    client.pipeline().addLast("frames", frames).addLast("handshake", handshake);
  }

  /** The port that is listened on. */
  public int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  /**
   * Accepts no more clients, closes those that are there and waits for that at most so long. The
   * second call does nothing.
   */
  public void stop(Duration patience) {
    server.close().awaitUninterruptibly(patience.toMillis());
    for (Channel client : clients) {
      ConnectionEnd end = client.attr(END).get();
      if (end.begin("this node stops")) {
        var unused = client.close();
      }
    }
    clients.close().awaitUninterruptibly(patience.toMillis());
    loops
        .shutdownGracefully(0, patience.toMillis(), MILLISECONDS)
        .awaitUninterruptibly(patience.toMillis());
  }

  /** Stops with a patience of 2 s. */
  @Override
  public void close() {
    stop(PATIENCE_DEFAULT);
  }
}
