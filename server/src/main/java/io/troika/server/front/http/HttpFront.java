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
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.troika.server.config.HostAndPort;
import io.troika.server.health.HealthReport;
import io.troika.server.tls.NodeTls;
import io.troika.server.tls.NodeTls.Managers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP port of a node, for monitoring and operators: a few small pages, one answer a
 * connection. Connections, requests and threads are bounded, and who opens a connection and says
 * nothing, or little at a time, holds no thread, and the connection for some seconds only. Safe for
 * any thread.
 *
 * <p>With TLS nobody has to show a certificate, as probes have none; one that is shown is checked.
 *
 * <p>Not the JDK's own server: it reads a request on the thread that answers it, so that a few
 * unfinished requests would keep everybody out.
 */
public final class HttpFront implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpFront.class);
  private static final int BACKLOG = 64;
  private static final int CONNECTIONS_MAX = 256;
  private static final int THREADS = 2; // for pages, and as many for actions
  private static final int WAITING_MAX = 16;
  private static final int REQUEST_BYTES_MAX = 8 << 10;
  private static final int ANSWER_SECONDS_MAX = 10;
  private static final int CLOSE_SECONDS_MAX = 2;

  private final EventLoopGroup loop;
  private final ChannelGroup clients;
  private final Threads threads;
  private final Channel server;

  private HttpFront(EventLoopGroup loop, ChannelGroup clients, Threads threads, Channel server) {
    this.loop = loop;
    this.clients = clients;
    this.threads = threads;
    this.server = server;
  }

  /**
   * Listens, and answers {@code /livez}, {@code /readyz} and the pages.
   *
   * @param address port 0 asks the system for a free one, see {@link #port}
   * @param tls how the port is secured
   * @param pages what is shown, by path; they may wait
   * @param actions what is done when somebody POSTs, by path; they may wait
   * @throws IOException if the address can't be bound
   */
  public static HttpFront start(
      HostAndPort address,
      NodeTls tls,
      Supplier<HealthReport> health,
      Map<String, Page.Source> pages,
      Map<String, Page.Source> actions)
      throws IOException {
    SslContext secured = sslContext(tls);
    Threads threads = new Threads(newThreads("troika-http-page"), newThreads("troika-http-action"));
    Site site =
        new Site(
            Map.of("/livez", HealthPages.live(health), "/readyz", HealthPages.ready(health)),
            Map.copyOf(pages),
            Map.copyOf(actions),
            threads.readers(),
            threads.workers());
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
                    accept(client, clients, secured, site);
                  }
                })
            .bind(address.toSocketAddress())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      threads.stop();
      var unused = loop.shutdownGracefully(0, 0, MILLISECONDS);
      throw address.cannotListen(bound.cause());
    }
    return new HttpFront(loop, clients, threads, bound.channel());
  }

  private record Threads(ThreadPoolExecutor readers, ThreadPoolExecutor workers) {
    private void stop() {
      readers.shutdownNow();
      workers.shutdownNow();
    }

    /** What a page shows is closed next; else one under way would find it so. */
    private void awaitReaders() {
      try {
        if (!readers.awaitTermination(CLOSE_SECONDS_MAX, SECONDS)) {
          LOG.warn("a page is not done {} s after it was interrupted", CLOSE_SECONDS_MAX);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // whoever closes is in a hurry
      }
    }
  }

  private static @Nullable SslContext sslContext(NodeTls tls) throws IOException {
    Managers managers = tls.managers().orElse(null);
    return managers == null
        ? null
        : SslContextBuilder.forServer(managers.key())
            .trustManager(managers.clients())
            .clientAuth(ClientAuth.OPTIONAL)
            .build();
  }

  private static void accept(
      Channel client, ChannelGroup clients, @Nullable SslContext secured, Site site) {
    if (clients.size() >= CONNECTIONS_MAX) {
      var unused = client.close();
      return;
    }
    clients.add(client);
    if (secured != null) {
      client.pipeline().addLast(secured.newHandler(client.alloc()));
    }
    addHandlers(client, site);
  }

  static void addHandlers(Channel client, Site site) {
    client
        .pipeline()
        .addLast(new WriteTimeoutHandler(ANSWER_SECONDS_MAX)) // to take the answer
        .addLast(new HttpServerCodec())
        .addLast(new HttpObjectAggregator(REQUEST_BYTES_MAX))
        .addLast(new RequestHandler(site));
  }

  private static ThreadPoolExecutor newThreads(String name) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            new DefaultThreadFactory(name, true));
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
    threads.stop();
    threads.awaitReaders();
    var unused = loop.shutdownGracefully(0, 1_000, MILLISECONDS);
  }
}
