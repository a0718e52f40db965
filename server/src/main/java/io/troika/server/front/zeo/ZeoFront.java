package io.troika.server.front.zeo;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.google.gson.Gson;
import io.troika.server.access.AccessControl;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.ZeoConfig;
import io.troika.server.core.model.StorageState;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.session.Statistics;
import io.troika.server.front.zeo.wire.ZeoEncoding;
import io.troika.server.front.zeo.wire.ZeoListener;
import io.troika.server.front.zeo.wire.ZeoListenerSettings;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.leader.LeaderTransactions;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ZEO port of a node. Safe for any thread. */
public final class ZeoFront implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(ZeoFront.class);
  private static final Duration FINISHING_MAX = Duration.ofSeconds(1);

  private final ZeoListener listener;
  private final Readiness readiness;
  private final FrontContext context;
  private final Set<ZeoSession> sessions;

  private ZeoFront(
      ZeoListener listener, Readiness readiness, FrontContext context, Set<ZeoSession> sessions) {
    this.listener = listener;
    this.readiness = readiness;
    this.context = context;
    this.sessions = sessions;
  }

  /**
   * Serves the storages of another Raft group from now on, too.
   *
   * @param leader for what this node can't answer alone about them
   */
  public void add(StoreService service, LeaderTransactions leader) {
    context.add(service, leader);
  }

  /**
   * Listens for ZEO clients. What it is given belongs to the caller, who ends it later.
   *
   * @param config of which {@code listen} must be set
   * @param tls how the port is secured
   * @param groups of which only the first is served, until others are added
   * @param leader for what this node can't answer alone, of the first group
   * @param access who may do what
   * @param executor for what reads the disk
   * @throws IOException if the address can't be bound
   */
  public static ZeoFront start(
      ZeoConfig config,
      NodeTls tls,
      StoreGroups groups,
      LeaderTransactions leader,
      ServiceTimer timer,
      AccessControl access,
      Executor executor)
      throws IOException {
    HostAndPort address = config.listen();
    if (address == null) {
      throw new IllegalArgumentException("zeo.listen is not set");
    }
    FrontContext context =
        new FrontContext(
            groups, leader, timer, access, executor, config, new Statistics(Instant.now()));
    Readiness readiness = new Readiness(context);
    ZeoListenerSettings settings =
        ZeoListenerSettings.of(address)
            .withEncoding(
                switch (config.encoding()) {
                  case PICKLE -> ZeoEncoding.PICKLE;
                  case MSGPACK -> ZeoEncoding.MSGPACK;
                })
            .withFrameBytesMax(config.frameBytesMax())
            .withConnectionsMax(config.connectionsMax());
    Set<ZeoSession> sessions = ConcurrentHashMap.newKeySet();
    ZeoListener listener =
        ZeoListener.start(
            settings,
            readiness,
            connection -> {
              ZeoSession session = new ZeoSession(context, connection, sessions::remove);
              sessions.add(session);
              return session;
            },
            () -> status(context),
            tls);
    return new ZeoFront(listener, readiness, context, sessions);
  }

  /** What a monitor that asks {@code ruok} is told. */
  private static String status(FrontContext context) {
    Map<String, Object> status = new TreeMap<>();
    for (StorageState storage : context.groups().storages()) {
      status.put(storage.name(), context.statistics().describe(storage));
    }
    return new Gson().newBuilder().serializeNulls().create().toJson(status);
  }

  /** Clients that are registered for a storage now. */
  public long connections() {
    return context.statistics().connections();
  }

  /** The port that is listened on. */
  public int port() {
    return listener.port();
  }

  /**
   * Sends the clients of a Raft group's storages to other nodes, because this one can do nothing
   * for them now. What is voted, or even being finished, is left as it is when a node dies.
   */
  public void sendAway(String group) {
    sessions.forEach(session -> session.sendAway(group));
  }

  /** Closes all connections; their locks are given back. */
  public void stop(Duration patience) {
    readiness.close();
    listener.stop(patience);
  }

  /**
   * Stops, and lets what is voted be finished before, for a second at most. The clients of the
   * other connections are sent elsewhere at once.
   */
  @Override
  public void close() {
    readiness.close();
    CompletableFuture<Void> left =
        CompletableFuture.allOf(
            sessions.stream().map(ZeoSession::leave).toArray(CompletableFuture[]::new));
    try {
      left.get(FINISHING_MAX.toMillis(), MILLISECONDS);
    } catch (TimeoutException e) {
      logger.info("a ZEO client has voted and does not finish: its transaction is given up");
    } catch (ExecutionException e) {
      logger.warn("a ZEO client could not be waited for", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    listener.close();
  }
}
