package io.troika.client.internal.connection;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.troika.client.LeaderInfo;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The nodes that are known: the configured ones, and those that others named as leader. Owns their
 * channels and the event loops. Safe for any thread.
 */
final class Nodes {
  /** A cluster has a handful of nodes; hints must not make us hold channels without end. */
  static final int NODES_MAX = 64;

  /** Above the largest page (4 MiB) and the largest transaction record that a server sends. */
  private static final int MESSAGE_BYTES_MAX = 64 << 20;

  /**
   * Conflicts come as trailers, with what is committed now where it was asked for: at most 1 MiB of
   * data and 10,000 conflicts, a third more in base64.
   */
  private static final int METADATA_BYTES_MAX = 4 << 20;

  private static final int EVENT_LOOP_THREADS = 2;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration TERMINATION_MAX = Duration.ofSeconds(5);

  private final EventLoopGroup eventLoops =
      new MultiThreadIoEventLoopGroup(
          EVENT_LOOP_THREADS,
          new DefaultThreadFactory("troika-io", true),
          NioIoHandler.newFactory());
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final List<String> configured;
  private final ClientTls tls;
  private final Optional<BearerToken> token;
  private final Executor blockingWork;
  private volatile List<Node> list = List.of();
  private boolean closed;

  /**
   * @param configured host:port, at least one
   * @param tls how connections are secured
   * @param token shown with each call
   * @param blockingWork for name look-ups
   */
  Nodes(
      List<String> configured, ClientTls tls, Optional<BearerToken> token, Executor blockingWork) {
    this.configured = configured;
    this.tls = tls;
    this.token = token;
    this.blockingWork = blockingWork;
    configured.forEach(this::at);
  }

  /** All that are known, the configured ones first. */
  List<Node> all() {
    return list;
  }

  /**
   * The leader at an address that this client can use: of a node that has answered at a configured
   * address, that one. What the nodes call each other may mean nothing here, behind published ports
   * or another translation of addresses; a channel that was made to such an address before is given
   * up.
   */
  LeaderInfo asReached(LeaderInfo said) {
    if (!said.isKnown() || configured.contains(said.address())) {
      return said;
    }
    Optional<Node> answered =
        list.stream()
            .filter(node -> configured.contains(node.address()) && node.id().equals(said.nodeId()))
            .findFirst();
    if (answered.isEmpty()) {
      return said;
    }
    forget(said.address());
    return new LeaderInfo(said.term(), said.nodeId(), answered.get().address());
  }

  private synchronized void forget(String address) {
    Node node = nodes.remove(address);
    if (node != null) {
      list = List.copyOf(nodes.values());
      node.retire();
    }
  }

  /** The node of that address, known before or not. */
  synchronized Node at(String address) {
    Node known = nodes.get(address);
    if (known != null) {
      return known;
    }
    if (nodes.size() >= NODES_MAX) {
      forgetOldestLearned();
    }
    Node node = new Node(address, channel(address));
    nodes.put(address, node);
    list = List.copyOf(nodes.values());
    if (closed) {
      node.close();
    }
    return node;
  }

  private void forgetOldestLearned() {
    Optional<Node> oldest =
        nodes.values().stream().filter(node -> !configured.contains(node.address())).findFirst();
    oldest.ifPresent(
        node -> {
          nodes.remove(node.address());
          node.close();
        });
  }

  /** Answers are handled on the event loop itself: no hand-over to another thread in between. */
  private ManagedChannel channel(String address) {
    return NettyChannelBuilder.forTarget(target(address), tls.credentials())
        .intercept(token.map(BearerToken::interceptor).stream().toList())
        .directExecutor()
        .offloadExecutor(blockingWork)
        .eventLoopGroup(eventLoops)
        .channelType(NioSocketChannel.class)
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis())
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .maxInboundMetadataSize(METADATA_BYTES_MAX)
        .disableRetry()
        .build();
  }

  /** Host names are looked up; never through a proxy or a service configuration in DNS. */
  private static String target(String address) {
    return "dns:///" + address;
  }

  /** Ends every channel and the event loops; waits, bounded, until their threads are gone. */
  void close() throws InterruptedException {
    synchronized (this) {
      closed = true;
      nodes.values().forEach(Node::close);
    }
    long deadline = System.nanoTime() + TERMINATION_MAX.toNanos();
    for (Node node : list) {
      node.awaitClosed(Math.max(0, deadline - System.nanoTime()));
    }
    boolean ended =
        eventLoops
            .shutdownGracefully(0, TERMINATION_MAX.toMillis(), TimeUnit.MILLISECONDS)
            .await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    if (!ended) {
      throw new IllegalStateException("event loops still run " + TERMINATION_MAX + " after close");
    }
  }
}
