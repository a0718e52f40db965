package io.troika.client.internal.connection;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.netty.shaded.io.netty.util.concurrent.Future;
import io.troika.client.LeaderInfo;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.MemberList;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The nodes that are known: the configured ones, which are never forgotten, members of the group
 * that others told of, and those that they named as leader. Owns their channels and the event
 * loops. Safe for any thread.
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
  private final Map<String, Node> nodes = new LinkedHashMap<>(); // guarded by this
  private final Set<String> configured;
  private final ClientTls tls;
  private final Optional<BearerToken> token;
  private final Executor blockingWork;
  private final Listeners listeners;
  private volatile List<Node> known = List.of();
  private volatile List<Node> used = List.of();
  private Set<String> wanted = Set.of(); // guarded by this
  private MemberList members = MemberList.UNKNOWN; // guarded by this
  private boolean closed; // guarded by this

  /**
   * @param configured host:port, at least one
   * @param tls how connections are secured
   * @param token shown with each call
   * @param blockingWork for name look-ups
   */
  Nodes(
      List<String> configured,
      ClientTls tls,
      Optional<BearerToken> token,
      Executor blockingWork,
      Listeners listeners) {
    this.configured = Set.copyOf(configured);
    this.tls = tls;
    this.token = token;
    this.blockingWork = blockingWork;
    this.listeners = listeners;
    configured.forEach(this::at);
    used = known;
  }

  /** Those that calls may go to, never none: the members, as far as is known who they are. */
  List<Node> all() {
    return used;
  }

  /** All those, and others that may tell who leads and who is a member. */
  List<Node> known() {
    return known;
  }

  /**
   * The leader at an address that this client can use. What the nodes call each other may mean
   * nothing here, behind published ports or another translation of addresses: then it is the
   * configured address at which that node has answered, and the other one is given up.
   */
  LeaderInfo asReached(LeaderInfo said) {
    List<Node> all = known;
    boolean byItsOwnAddress =
        all.stream()
            .anyMatch(
                node ->
                    node.address().equals(said.address())
                        && (node.isSeed() || node.id().equals(said.nodeId())));
    if (!said.isKnown() || byItsOwnAddress) {
      return said;
    }
    Optional<Node> answered =
        all.stream().filter(node -> node.isSeed() && node.id().equals(said.nodeId())).findFirst();
    if (answered.isEmpty()) {
      return said;
    }
    forget(said.address());
    return new LeaderInfo(said.term(), said.nodeId(), answered.get().address(), said.group());
  }

  /** Not one that is to be tried: it would only come back. */
  private void forget(String address) {
    Node node;
    synchronized (this) {
      if (wanted.contains(address)) {
        return;
      }
      node = nodes.remove(address);
      known = List.copyOf(nodes.values());
    }
    if (node != null) {
      node.retire();
    }
  }

  /**
   * A node has said who it is and who the members are.
   *
   * @return whether there are members now that are to be asked at an address not tried before
   */
  boolean answered(Node node, String nodeId, MemberList said) {
    synchronized (this) {
      NodeRoutes.Place before = node.place();
      node.answeredAs(nodeId);
      boolean newer = said.isNewerThan(members);
      if (newer) {
        members = said;
      } else if (before.equals(node.place())) {
        return false;
      }
    }
    return arrange();
  }

  /**
   * A node that was asked who it is has not answered.
   *
   * @return as of {@link #answered}
   */
  boolean didNotAnswer(Node node) {
    synchronized (this) {
      boolean answered = node.place().answers();
      node.didNotAnswer();
      if (!answered) {
        return false;
      }
    }
    return arrange();
  }

  /** Takes the nodes into use that lead to the members now, and forgets the others. */
  private boolean arrange() {
    List<Node> forgotten;
    boolean more;
    synchronized (this) {
      List<NodeRoutes.Place> places = known.stream().map(Node::place).toList();
      NodeRoutes routes = NodeRoutes.of(members, places);
      forgotten =
          known.stream()
              .filter(node -> !routes.isNeeded(node.place(), members.addresses()))
              .toList();
      forgotten.forEach(node -> nodes.remove(node.address()));
      wanted = routes.wanted();
      more = !nodes.keySet().containsAll(routes.wanted());
      routes.wanted().forEach(this::at);
      known = List.copyOf(nodes.values());
      List<Node> before = used;
      used = routes.used().stream().map(this::at).toList();
      if (!used.equals(before)) {
        listeners.tell(listener -> listener.nodesChanged(routes.used()));
      }
    }
    forgotten.forEach(Node::retire);
    return more;
  }

  /** The node of that address, known before or not. */
  synchronized Node at(String address) {
    Node present = nodes.get(address);
    if (present != null) {
      return present;
    }
    if (nodes.size() >= NODES_MAX) {
      forgetOldestLearned();
    }
    Node node = new Node(address, configured.contains(address), channel(address));
    nodes.put(address, node);
    known = List.copyOf(nodes.values());
    if (closed) {
      node.close();
    }
    return node;
  }

  private void forgetOldestLearned() {
    Optional<Node> oldest =
        nodes.values().stream().filter(node -> !node.isSeed() && !used.contains(node)).findFirst();
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
    Future<?> ended;
    try {
      for (Node node : known) {
        node.awaitClosed(Math.max(0, deadline - System.nanoTime()));
      }
    } finally {
      ended = eventLoops.shutdownGracefully(0, TERMINATION_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }
    if (!ended.await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException("event loops still run " + TERMINATION_MAX + " after close");
    }
  }
}
