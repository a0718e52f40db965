package io.troika.server.front.zeo;

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
import io.troika.server.service.LeaderTransactions;
import io.troika.server.service.ServiceTimer;
import io.troika.server.service.StoreService;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;

/** The ZEO port of a node. Safe for any thread. */
public final class ZeoFront implements AutoCloseable {
  private final ZeoListener listener;
  private final Readiness readiness;
  private final Statistics statistics;

  private ZeoFront(ZeoListener listener, Readiness readiness, Statistics statistics) {
    this.listener = listener;
    this.readiness = readiness;
    this.statistics = statistics;
  }

  /**
   * Listens for ZEO clients. What it is given belongs to the caller, who ends it later.
   *
   * @param config of which {@code listen} must be set
   * @param tls how the port is secured
   * @param leader for what this node can't answer alone
   * @param access who may do what
   * @param executor for what reads the disk
   * @throws IOException if the address can't be bound
   */
  public static ZeoFront start(
      ZeoConfig config,
      NodeTls tls,
      StoreService service,
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
            service, leader, timer, access, executor, config, new Statistics(Instant.now()));
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
    ZeoListener listener =
        ZeoListener.start(
            settings,
            readiness,
            connection -> new ZeoSession(context, connection),
            () -> status(context),
            tls);
    return new ZeoFront(listener, readiness, context.statistics());
  }

  /** What a monitor that asks {@code ruok} is told. */
  private static String status(FrontContext context) {
    Map<String, Object> status = new TreeMap<>();
    for (StorageState storage : context.service().reads().storages()) {
      status.put(storage.name(), context.statistics().describe(storage));
    }
    return new Gson().newBuilder().serializeNulls().create().toJson(status);
  }

  /** Clients that are registered for a storage now. */
  public long connections() {
    return statistics.connections();
  }

  /** The port that is listened on. */
  public int port() {
    return listener.port();
  }

  /** Closes all connections; their locks are given back. */
  public void stop(Duration patience) {
    readiness.close();
    listener.stop(patience);
  }

  @Override
  public void close() {
    readiness.close();
    listener.close();
  }
}
