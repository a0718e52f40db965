package io.troika.server.node;

import io.opentelemetry.api.OpenTelemetry;
import io.troika.server.access.AccessControl;
import io.troika.server.access.ClientRates;
import io.troika.server.admin.AdminService;
import io.troika.server.admin.GrpcReplicaDigests;
import io.troika.server.admin.MonitorService;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.config.NodeConfigException;
import io.troika.server.config.PlainTextPorts;
import io.troika.server.config.SharedSettings;
import io.troika.server.config.TlsConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.forward.GrpcLeaders;
import io.troika.server.front.grpc.GrpcFront;
import io.troika.server.front.zeo.ZeoFront;
import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import io.troika.server.health.NodeHealth;
import io.troika.server.peer.GrpcPeerServer;
import io.troika.server.peer.GrpcPeerTransport;
import io.troika.server.peer.PeerSettings;
import io.troika.server.raft.RaftNode;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.service.PlacementWatch;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.leader.LeaderTransactions;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.ports.ThreadTimer;
import io.troika.server.status.JobBoard;
import io.troika.server.status.NodeReporter;
import io.troika.server.status.PackJobs;
import io.troika.server.storage.rocksdb.RocksResources;
import io.troika.server.storage.rocksdb.RocksSettings;
import io.troika.server.tls.CertificateFile;
import io.troika.server.tls.NodeTls;
import io.troika.server.tls.NodeTls.ClientCertificates;
import io.troika.server.tracing.Tracing;
import io.troika.server.tracing.TransactionSpans;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
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
    ThreadTimer timer = teardown.add(ThreadTimer.start(config.nodeId() + "-timer"));
    NodeHealth health =
        teardown.add(
            NodeHealth.start(
                config.nodeId(), raft.log(), raft.cluster(), raft.whenBroken(), timer));
    health.addCheck(() -> disk(raft.room()));
    var unusedRemoval = raft.whenRemoved().thenRun(health::removed);
    GrpcFront front =
        startFronts(
            config,
            teardown,
            new Inside(tls, raft, state, others, events, resources, timer, health, copier));
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

  private static Check leader(Leadership leadership) {
    return new Check(
        "group " + leadership.group(),
        leadership.isKnown(),
        leadership.isKnown()
            ? "%s leads in term %s".formatted(leadership.leader(), leadership.term())
            : "no leader is known in term %s".formatted(leadership.term()));
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

  private static GrpcFront startFronts(NodeConfig config, Teardown teardown, Inside inside)
      throws IOException {
    RaftNode raft = inside.raft();
    StorageGroup state = inside.state();
    ThreadTimer timer = inside.timer();
    ServiceThreads threads = teardown.add(new ServiceThreads(config.nodeId()));
    OpenTelemetry telemetry = telemetry(config, teardown);
    GroupKeeper.Services services =
        (part, partState, events) -> {
          StoreService served =
              StoreService.create(
                  part.log(),
                  partState.reader(),
                  events,
                  StorageGroup.REFERENCES,
                  config.limits(),
                  timer,
                  threads);
          served.guard(raft.room());
          if (telemetry != null) {
            served.trace(new TransactionSpans(telemetry));
          }
          return served;
        };
    StoreService service =
        teardown.add(services.create(raft.group(GroupInfo.MAIN), state, inside.events()));
    StoreGroups groups = StoreGroups.follow(service, state.reader(), inside.events());
    AccessControl access =
        new AccessControl(config.security(), state.reader()::access, System::currentTimeMillis)
            .within(new ClientRates(config.limits().rates(), System::nanoTime));
    teardown.add(PlacementWatch.start(config.nodeId(), groups, raft::clusters, timer));
    JobBoard jobs = new JobBoard(System::currentTimeMillis);
    teardown.add(PackJobs.start(groups, jobs, timer, threads));
    GrpcReplicaDigests digests = teardown.add(new GrpcReplicaDigests(inside.tls()));
    AdminService admin =
        AdminService.create(
            config.nodeId(),
            TroikaVersion.current(),
            groups,
            name -> raft.group(name).cluster(),
            raft.membership(),
            digests,
            jobs);
    NodeReporter reporter =
        new NodeReporter(
            facts(config),
            groups,
            inside.events(),
            inside.health()::report,
            jobs,
            System::currentTimeMillis);
    inside
        .health()
        .addChecks(
            () ->
                groups.all().stream()
                    .filter(other -> other != service)
                    .map(other -> leader(other.leadership()))
                    .toList());
    new MainStorage(raft.log(), state.reader(), threads).makeOnce();
    GroupKeeper keeper =
        teardown.add(
            new GroupKeeper(
                config.nodeId(),
                state.reader(),
                inside.others(),
                raft,
                (part, partState, events) -> {
                  StoreService served = services.create(part, partState, events);
                  reporter.follow(served, events);
                  return served;
                },
                groups));
    LongSupplier zeoConnections = () -> 0;
    if (config.zeo().listen() != null) {
      GrpcLeaders leaders = teardown.add(new GrpcLeaders(config.nodeId(), inside.tls()));
      LeaderTransactions leader = new LeaderTransactions(service, timer, threads, leaders);
      ZeoFront zeo =
          teardown.add(
              ZeoFront.start(config.zeo(), inside.tls(), groups, leader, timer, access, threads));
      groups.forEach(
          other -> {
            if (other != service) {
              zeo.add(other, new LeaderTransactions(other, timer, threads, leaders));
            }
          });
      zeoConnections = zeo::connections;
      // Its clients find another node; here they would see nothing new any more.
      var unused = raft.whenRemoved().thenRunAsync(zeo::close, threads);
      logger.info("Node {} listens for ZEO clients at {}", config.nodeId(), config.zeo().listen());
    }
    if (config.httpListen() != null) {
      NodeHttp.start(
          config,
          config.httpListen(),
          teardown,
          inside,
          new NodeHttp.Served(groups, access, jobs, reporter, zeoConnections, threads));
    }
    keeper.start(inside.events());
    // Last, and stopped before all else: not among what the teardown stops.
    return GrpcFront.start(
        config.nodeId(),
        config.listen(config.self().client()),
        inside
            .tls()
            .forClients(
                config.security().accessRequired()
                    ? ClientCertificates.OPTIONAL
                    : ClientCertificates.REQUIRED),
        groups,
        inside.health(),
        access,
        List.of(admin, new MonitorService(reporter, groups)),
        telemetry);
  }

  private static @Nullable OpenTelemetry telemetry(NodeConfig config, Teardown teardown) {
    URI endpoint = config.tracing().otlpEndpoint();
    if (endpoint == null) {
      return null;
    }
    logger.info("Node {} sends traces to {}", config.nodeId(), endpoint);
    return teardown
        .add(
            Tracing.start(
                endpoint,
                config.nodeId(),
                TroikaVersion.current(),
                config.tracing().sampledPercent()))
        .telemetry();
  }

  private static NodeReporter.Facts facts(NodeConfig config) {
    return new NodeReporter.Facts(
        config.nodeId(),
        TroikaVersion.current(),
        config.dataDirectory(),
        SharedSettings.withMembers(config),
        () -> certificateExpiresMillis(config.tls()));
  }

  private static long certificateExpiresMillis(@Nullable TlsConfig tls) {
    if (tls == null) {
      return 0;
    }
    try {
      return CertificateFile.expires(tls.certificate()).toEpochMilli();
    } catch (IOException e) {
      logger.warn("It is not known when the certificate of this node expires", e);
      return 0;
    }
  }

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
