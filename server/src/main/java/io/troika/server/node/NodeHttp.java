package io.troika.server.node;

import io.troika.server.access.AccessControl;
import io.troika.server.admin.GrpcOperations;
import io.troika.server.admin.GrpcPeerReports;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.front.http.HttpFront;
import io.troika.server.front.http.OperatorPages;
import io.troika.server.front.http.Page;
import io.troika.server.metrics.NodeMetrics;
import io.troika.server.operator.OperatorDesk;
import io.troika.server.raft.RaftNode;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.status.JobBoard;
import io.troika.server.status.NodeReporter;
import io.troika.server.status.StatusFeed;
import io.troika.server.storage.rocksdb.RocksFigures;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP port of a node: metrics, the status page, and what its buttons do. */
final class NodeHttp {
  private static final Logger logger = LoggerFactory.getLogger(NodeHttp.class);

  private NodeHttp() {}

  /** What is shown, and asked to do something. */
  record Served(
      StoreGroups groups,
      AccessControl access,
      JobBoard jobs,
      NodeReporter reporter,
      LongSupplier zeoConnections,
      LongSupplier passedOnCalls,
      Executor threads) {}

  static void start(
      NodeConfig config, HostAndPort listen, Teardown teardown, Node.Inside inside, Served served)
      throws IOException {
    NodeMetrics metrics = metrics(config, inside, served);
    GrpcPeerReports peers = teardown.add(new GrpcPeerReports(inside.tls()));
    StatusFeed status =
        teardown.add(
            StatusFeed.start(
                served.reporter(),
                served.groups(),
                inside.raft()::clusters,
                peers,
                inside.timer(),
                served.threads()));
    NodeBackups backups =
        teardown.add(
            new NodeBackups(
                config,
                inside.copier(),
                name ->
                    served.groups().storages().stream()
                        .anyMatch(storage -> storage.name().equals(name)),
                served.jobs()));
    OperatorPages operators =
        new OperatorPages(
            config.nodeId(),
            new OperatorDesk(
                served.access(),
                new OperatorDesk.Place(listen.isLoopback(), config.tls() != null),
                new GrpcOperations(
                    served.groups(),
                    inside.raft().cluster(),
                    inside.tls(),
                    inside.raft().clock(),
                    backups),
                System::nanoTime));
    Map<String, Page.Source> pages = new HashMap<>(HttpPages.of(metrics, status));
    pages.putAll(operators.pages());
    teardown.add(
        HttpFront.start(
            listen,
            config.isHttpSecured() ? inside.tls() : NodeTls.NONE,
            inside.health()::report,
            pages,
            operators.actions()));
    logger.info(
        "Node {} answers {} at {}",
        config.nodeId(),
        config.isHttpSecured() ? "HTTPS" : "HTTP",
        listen);
  }

  private static NodeMetrics metrics(NodeConfig config, Node.Inside inside, Served served) {
    RaftNode raft = inside.raft();
    StoreGroups groups = served.groups();
    NodeMetrics metrics =
        new NodeMetrics(
            config.nodeId(),
            new NodeMetrics.Sources(
                raft::clusters,
                groups::storages,
                () -> inside.health().report().ready(),
                inside.resources()::usedBytes,
                served.zeoConnections()));
    groups.forEach(service -> service.observe(metrics.transactions()));
    metrics.feeds(() -> groups.all().stream().map(StoreService::feed).toList());
    metrics.verifications(
        () -> groups.all().stream().map(service -> service.reads().verifications()).toList());
    DiskFigures.tell(
        metrics,
        () -> {
          Map<String, RocksFigures> databases = inside.others().figures();
          databases.put(GroupInfo.MAIN, inside.state().figures());
          return databases;
        },
        raft::logSyncs);
    metrics.rates(served.access().rates()::refusedCount, served.access().rates()::pacedCount);
    metrics.passedOn(served.passedOnCalls());
    metrics.disk(raft.room()::usableBytes, raft.room()::isFull);
    metrics.clock(raft.clock()::ahead);
    return metrics;
  }
}
