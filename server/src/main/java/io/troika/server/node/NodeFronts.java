package io.troika.server.node;

import io.grpc.Channel;
import io.opentelemetry.api.OpenTelemetry;
import io.troika.server.access.AccessControl;
import io.troika.server.access.ClientRates;
import io.troika.server.admin.AdminService;
import io.troika.server.admin.DigestThreads;
import io.troika.server.admin.GrpcReplicaDigests;
import io.troika.server.admin.MonitorService;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.SharedSettings;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.forward.GrpcLeaders;
import io.troika.server.front.grpc.FrontSetting;
import io.troika.server.front.grpc.GrpcFront;
import io.troika.server.front.zeo.ZeoFront;
import io.troika.server.health.CutOffWatch;
import io.troika.server.health.HealthReport.Check;
import io.troika.server.raft.RaftGroup;
import io.troika.server.raft.RaftNode;
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
import io.troika.server.tls.NodeTls.ClientCertificates;
import io.troika.server.tracing.Tracing;
import io.troika.server.tracing.TransactionSpans;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands on a node's state and log: the services of its groups, and the fronts by which they
 * are asked. Of one node, on the thread that starts it.
 */
final class NodeFronts {
  private static final Logger logger = LoggerFactory.getLogger(NodeFronts.class);

  private final NodeConfig config;
  private final Teardown teardown;
  private final Node.Inside inside;
  private final RaftNode raft;
  private final ThreadTimer timer;
  private final ServiceThreads threads;
  private final @Nullable OpenTelemetry telemetry;

  NodeFronts(NodeConfig config, Teardown teardown, Node.Inside inside) {
    this.config = config;
    this.teardown = teardown;
    this.inside = inside;
    this.raft = inside.raft();
    this.timer = inside.timer();
    this.threads = teardown.add(new ServiceThreads(config.nodeId()));
    this.telemetry = telemetry();
  }

  /** The front that is stopped before all else; the teardown stops the others. */
  GrpcFront start() throws IOException {
    StorageGroup state = inside.state();
    StoreService service =
        teardown.add(service(raft.group(GroupInfo.MAIN), state, inside.events()));
    StoreGroups groups = StoreGroups.follow(service, state.reader(), inside.events());
    AccessControl access =
        new AccessControl(config.security(), state.reader()::access, raft.clock()::millis)
            .within(new ClientRates(config.limits().rates(), System::nanoTime));
    teardown.add(PlacementWatch.start(config.nodeId(), groups, raft::clusters, timer));
    JobBoard jobs = new JobBoard(raft.clock()::millis);
    teardown.add(PackJobs.start(groups, jobs, timer, threads));
    AdminService admin = admin(groups, jobs);
    NodeReporter reporter = reporter(groups, jobs);
    inside.health().addChecks(() -> leaders(groups, service));
    new MainStorage(raft.log(), state.reader(), threads).makeOnce();
    GroupKeeper keeper = teardown.add(keeper(groups, reporter));
    GrpcLeaders leaders = teardown.add(new GrpcLeaders(config.nodeId(), inside.tls()));
    LongAdder passedOn = new LongAdder();
    LongSupplier zeoConnections =
        config.zeo().listen() == null
            ? () -> 0
            : startZeo(groups, service, access, leaders)::connections;
    if (config.httpListen() != null) {
      NodeHttp.start(
          config,
          config.httpListen(),
          teardown,
          inside,
          new NodeHttp.Served(
              groups, access, jobs, reporter, zeoConnections, passedOn::sum, threads));
    }
    keeper.start(inside.events());
    return GrpcFront.start(
        config.listen(config.self().client()),
        inside
            .tls()
            .forClients(
                config.security().accessRequired()
                    ? ClientCertificates.OPTIONAL
                    : ClientCertificates.REQUIRED),
        new FrontSetting(
            config.nodeId(),
            groups,
            inside.health(),
            access,
            counting(passedOn, leaders),
            telemetry),
        List.of(admin, new MonitorService(reporter, groups)));
  }

  private static Function<String, Channel> counting(LongAdder calls, GrpcLeaders leaders) {
    return address -> {
      calls.increment();
      return leaders.to(address);
    };
  }

  private StoreService service(RaftGroup part, StorageGroup state, StateEvents events) {
    StoreService served =
        StoreService.create(
            part.log(),
            state.reader(),
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
  }

  private AdminService admin(StoreGroups groups, JobBoard jobs) {
    return AdminService.create(
        config.nodeId(),
        TroikaVersion.current(),
        groups,
        name -> raft.group(name).cluster(),
        raft.membership(),
        teardown.add(new GrpcReplicaDigests(inside.tls())),
        teardown.add(new DigestThreads(config.nodeId())),
        jobs);
  }

  private NodeReporter reporter(StoreGroups groups, JobBoard jobs) {
    return new NodeReporter(
        facts(), groups, inside.events(), inside.health()::report, jobs, System::currentTimeMillis);
  }

  /** Each further group opens and ends by this. */
  private GroupKeeper keeper(StoreGroups groups, NodeReporter reporter) {
    return new GroupKeeper(
        config.nodeId(),
        inside.state().reader(),
        inside.others(),
        raft,
        (part, state, events) -> {
          StoreService served = service(part, state, events);
          reporter.follow(served, events);
          return served;
        },
        groups);
  }

  private ZeoFront startZeo(
      StoreGroups groups, StoreService service, AccessControl access, GrpcLeaders leaders)
      throws IOException {
    LeaderTransactions leader = new LeaderTransactions(service, timer, threads, leaders);
    ZeoFront zeo =
        teardown.add(
            ZeoFront.start(config.zeo(), inside.tls(), groups, leader, timer, access, threads));
    Queue<CutOffWatch> watches = new ConcurrentLinkedQueue<>(); // groups come on other threads
    teardown.add(() -> watches.forEach(CutOffWatch::close));
    groups.forEach(
        other -> {
          if (other != service) {
            zeo.add(other, new LeaderTransactions(other, timer, threads, leaders));
          }
          RaftGroup part = raft.group(other.group());
          watches.add(
              CutOffWatch.start(
                  config.nodeId(),
                  part.log(),
                  part.cluster(),
                  timer,
                  CutOffWatch.Patience.of(config.raft().electionTimeoutMin()),
                  () -> threads.execute(() -> zeo.sendAway(other.group()))));
        });
    // Its clients find another node; here they would see nothing new any more.
    var unused = raft.whenRemoved().thenRunAsync(zeo::close, threads);
    logger.info("Node {} listens for ZEO clients at {}", config.nodeId(), config.zeo().listen());
    return zeo;
  }

  /** Whether this node knows the leader of each further group. */
  private static List<Check> leaders(StoreGroups groups, StoreService main) {
    return groups.all().stream()
        .filter(other -> other != main)
        .map(other -> leader(other.leadership()))
        .toList();
  }

  private static Check leader(Leadership leadership) {
    return new Check(
        "group " + leadership.group(),
        leadership.isKnown(),
        leadership.isKnown()
            ? "%s leads in term %s".formatted(leadership.leader(), leadership.term())
            : "no leader is known in term %s".formatted(leadership.term()));
  }

  private @Nullable OpenTelemetry telemetry() {
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

  private NodeReporter.Facts facts() {
    return new NodeReporter.Facts(
        config.nodeId(),
        TroikaVersion.current(),
        config.dataDirectory(),
        SharedSettings.withMembers(config),
        () -> inside.tls().expires().map(Instant::toEpochMilli).orElse(0L));
  }
}
