package io.troika.server.front.http;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

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
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.troika.server.config.HostAndPort;
import io.troika.server.health.HealthReport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;

/**
 * The HTTP port of a node, for monitoring: a few small pages, one answer a connection. Connections,
 * requests and threads are bounded, and who opens a connection and says nothing holds no thread.
 * Safe for any thread.
 *
 * <p>Not the JDK's own server: it reads a request on the thread that answers it, so that a few
 * unfinished requests would keep everybody out.
 */
public final class HttpFront implements AutoCloseable {
  private static final int BACKLOG = 64;
  private static final int CONNECTIONS_MAX = 256;
  private static final int PAGE_THREADS = 2;
  private static final int PAGES_WAITING_MAX = 16;
  private static final int REQUEST_BYTES_MAX = 8 << 10;
  private static final int SILENCE_SECONDS_MAX = 10;

  private final EventLoopGroup loop;
  private final ChannelGroup clients;
  private final ThreadPoolExecutor threads;
  private final Channel server;

  private HttpFront(
      EventLoopGroup loop, ChannelGroup clients, ThreadPoolExecutor threads, Channel server) {
    this.loop = loop;
    this.clients = clients;
    this.threads = threads;
    this.server = server;
  }

  /**
   * Listens, and answers {@code /livez}, {@code /readyz} and the pages.
   *
   * @param address port 0 asks the system for a free one, see {@link #port}
   * @param pages by path; they may wait
   * @throws IOException if the address can't be bound
   */
  public static HttpFront start(
      HostAndPort address, Supplier<HealthReport> health, Map<String, Page.Source> pages)
      throws IOException {
    ThreadPoolExecutor threads = newThreads();
    Site site =
        new Site(
            Map.of("/livez", HealthPages.live(health), "/readyz", HealthPages.ready(health)),
            Map.copyOf(pages),
            threads);
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("troika-http", true), NioIoHandler.newFactory());
    ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    var bound =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel client) {
                    accept(client, clients, site);
                  }
                })
            .bind(address.toSocketAddress())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      threads.shutdownNow();
      var unused = loop.shutdownGracefully(0, 0, MILLISECONDS);
      throw new IOException(
          "can't listen on %s: %s".formatted(address, bound.cause().getMessage()), bound.cause());
    }
    return new HttpFront(loop, clients, threads, bound.channel());
  }

  private static void accept(Channel client, ChannelGroup clients, Site site) {
    if (clients.size() >= CONNECTIONS_MAX) {
      var unused = client.close();
      return;
    }
    clients.add(client);
    client
        .pipeline()
        .addLast(new ReadTimeoutHandler(SILENCE_SECONDS_MAX))
        .addLast(new HttpServerCodec())
        .addLast(new HttpObjectAggregator(REQUEST_BYTES_MAX))
        .addLast(new RequestHandler(site));
  }

  private static ThreadPoolExecutor newThreads() {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            PAGE_THREADS,
            PAGE_THREADS,
            30,
            SECONDS,
            new ArrayBlockingQueue<>(PAGES_WAITING_MAX),
            new DefaultThreadFactory("troika-http-page", true));
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** The port that is listened on. */
  public int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  @Override
  public void close() {
    var unusedEnd = server.close().awaitUninterruptibly();
    clients.close().awaitUninterruptibly(1, SECONDS);
    threads.shutdownNow();
    var unused = loop.shutdownGracefully(0, 1_000, MILLISECONDS);
  }
}
