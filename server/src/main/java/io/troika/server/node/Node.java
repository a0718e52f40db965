package io.troika.server.node;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.config.NodeConfigException;
import io.troika.server.config.PlainTextPorts;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.front.grpc.GrpcFront;
import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import io.troika.server.health.NodeHealth;
import io.troika.server.peer.GrpcPeerServer;
import io.troika.server.peer.GrpcPeerTransport;
import io.troika.server.peer.PeerSettings;
import io.troika.server.raft.RaftNode;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.ports.ThreadTimer;
import io.troika.server.storage.rocksdb.RocksResources;
import io.troika.server.storage.rocksdb.RocksSettings;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running node. {@link #start} returns when it listens and takes part in elections; whether it
 * can serve depends on the others too.
 *
 * <p>Starts from the inside out (state, peers, Raft, service, front) and stops the other way round,
 * but for one thing: leadership is handed over first, while clients can still be told by whom.
 *
 * <p>Below {@code dataDirectory}: {@code state/g0} is the database, and so {@code state/GROUP} of
 * each further group, {@code sending} holds checkpoints on their way out; the rest belongs to
 * {@link RaftNode}.
 */
public final class Node implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(Node.class);

  private static final Duration DRAIN = Duration.ofSeconds(3);
  private static final double MILLIS_PER_SECOND = 1_000;

  private final NodeConfig config;
  private final Teardown teardown;
  private final RaftNode raft;
  private final NodeHealth health;
  private final GrpcFront front;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Node(
      NodeConfig config, Teardown teardown, RaftNode raft, NodeHealth health, GrpcFront front) {
    this.config = config;
    this.teardown = teardown;
    this.raft = raft;
    this.health = health;
    this.front = front;
  }

  /**
   * Starts a node.
   *
   * @throws IOException if a directory or a port can't be had, or what the directory holds is
   *     damaged or another node's; the message names it. Nothing is left running
   * @throws NodeConfigException if a port would speak plain text where it may not
   */
  public static Node start(NodeConfig config) throws IOException {
    return start(config, (StorageCopier) null);
  }

  /**
   * Starts a node that can back storages up.
   *
   * @param copier does so; null: it can't
   */
  public static Node start(NodeConfig config, @Nullable StorageCopier copier) throws IOException {
    PlainTextPorts.requireAllowed(config);
    Teardown teardown = new Teardown();
    try {
      return start(config, copier, teardown);
    } catch (IOException | RuntimeException | Error e) {
      teardown.closeAfter(e);
      throw e;
    }
  }

  private static Node start(NodeConfig config, @Nullable StorageCopier copier, Teardown teardown)
      throws IOException {
    Path data = Files.createDirectories(config.dataDirectory());
    RocksResources resources =
        teardown.add(
            new RocksResources(
                RocksSettings.ofMemory(
                    config.storage().blockCacheBytes(), config.storage().memtableBytes())));
    NodeTls tls = teardown.add(NodeTls.open(config.tls()));
    StateEvents events = new StateEvents();
    Path states = data.resolve("state");
    StorageGroup state =
        teardown.add(StorageGroup.open(states.resolve(GroupInfo.MAIN), resources, events));
    GroupStates others = teardown.add(new GroupStates(states, resources));
    GrpcPeerTransport transport =
        teardown.add(
            new GrpcPeerTransport(
                config.nodeId(), peerAddresses(config), PeerSettings.DEFAULT, tls));
    StartingEndpoint endpoint = new StartingEndpoint();
    GrpcPeerServer peerServer =
        teardown.add(
            new GrpcPeerServer(
                config.nodeId(),
                config.listen(config.self().peer()),
                data.resolve("sending"),
                endpoint,
                transport,
                PeerSettings.DEFAULT,
                tls));
    // Before Raft: a node that leads and refuses connections would be taken for dead.
    peerServer.start();
    LoneStart.requireNoCaller(config, transport.firstCaller(), LoneStart.patience(config));
    RaftNode raft = teardown.add(RaftNode.start(config, state, transport, tls));
    endpoint.started(raft.endpoints());
    var unusedDamage = state.whenDamaged().thenAccept(raft::broken);
    ThreadTimer timer = teardown.add(ThreadTimer.start(config.nodeId() + "-timer"));
    NodeHealth health =
        teardown.add(
            NodeHealth.start(
                config.nodeId(), raft.log(), raft.cluster(), raft.whenBroken(), timer));
    health.addCheck(() -> disk(raft.room()));
    health.addCheck(() -> clock(raft.clock()));
    var unusedRemoval = raft.whenRemoved().thenRun(health::removed);
    GrpcFront front =
        new NodeFronts(
                config,
                teardown,
                new Inside(tls, raft, state, others, events, resources, timer, health, copier))
            .start();
    logger.info(
        "Node {} listens: clients {}, peers {} and {}",
        config.nodeId(),
        config.self().client(),
        config.self().raft(),
        config.self().peer());
    return new Node(config, teardown, raft, health, front);
  }

  private static Check disk(DiskRoom room) {
    return new Check(
        "disk",
        !room.isFull(),
        room.isFull()
            ? "full, %s bytes are free: reads go on, transactions are refused"
                .formatted(room.usableBytes())
            : "has room");
  }

  /** It serves with any clock; but somebody should know. */
  private static Check clock(ClusterClock clock) {
    Duration ahead = clock.ahead();
    return new Check(
        "clock",
        true,
        String.format(
            Locale.ROOT,
            "%.3f s %s that of most nodes%s",
            ahead.abs().toMillis() / MILLIS_PER_SECOND,
            ahead.isNegative() ? "behind" : "ahead of",
            clock.isTrusted() ? "" : ", so it takes theirs for what it dates: let NTP set it"));
  }

  /** What the fronts stand on. */
  record Inside(
      NodeTls tls,
      RaftNode raft,
      StorageGroup state,
      GroupStates others,
      StateEvents events,
      RocksResources resources,
      ThreadTimer timer,
      NodeHealth health,
      @Nullable StorageCopier copier) {}

  private static Map<String, HostAndPort> peerAddresses(NodeConfig config) {
    return config.members().stream()
        .collect(Collectors.toMap(MemberConfig::nodeId, MemberConfig::peer));
  }

  public NodeConfig config() {
    return config;
  }

  /**
   * Completes with the cause when this node is broken and should end; see {@link
   * RaftNode#whenBroken}.
   */
  public CompletableFuture<Throwable> whenBroken() {
    return raft.whenBroken();
  }

  /** Whether it can serve, and why not. */
  public HealthReport health() {
    return health.report();
  }

  /** Whether this node leads, and is ready to. */
  public boolean leads() {
    return raft.log().leadership().self();
  }

  /**
   * Stops in good order: hands leadership over, lets calls finish, makes the state durable; about 8
   * s at most. The second call does nothing.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      logger.info("Node {} stops", config.nodeId());
      health.stopping();
      raft.handOver();
      front.stop(DRAIN);
      teardown.close();
      logger.info("Node {} has stopped", config.nodeId());
    }
  }

  /**
   * Stops as far as possible as a crash would: no hand-over, calls are cut off. For tests in one
   * JVM; only a killed process is a real crash.
   */
  public void closeAbruptly() {
    if (closed.compareAndSet(false, true)) {
      raft.closeAbruptly();
      front.stop(Duration.ZERO);
      teardown.close();
    }
  }
}
