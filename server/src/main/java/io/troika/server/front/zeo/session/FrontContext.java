package io.troika.server.front.zeo.session;

import io.troika.server.access.AccessControl;
import io.troika.server.config.ZeoConfig;
import io.troika.server.service.LeaderTransactions;
import io.troika.server.service.ServiceTimer;
import io.troika.server.service.StoreService;
import java.util.concurrent.Executor;

/**
 * What all connections of a node share.
 *
 * @param leader for what this node can't answer alone
 * @param access who may do what
 * @param executor runs what reads the disk; its queue is bounded by the calls that a connection may
 *     have open
 */
public record FrontContext(
    StoreService service,
    LeaderTransactions leader,
    ServiceTimer timer,
    AccessControl access,
    Executor executor,
    ZeoConfig config,
    Statistics statistics,
    BufferBudget budget,
    OidReserves oids) {

  /** Before any connection. */
  public FrontContext(
      StoreService service,
      LeaderTransactions leader,
      ServiceTimer timer,
      AccessControl access,
      Executor executor,
      ZeoConfig config,
      Statistics statistics) {
    this(
        service,
        leader,
        timer,
        access,
        executor,
        config,
        statistics,
        new BufferBudget(),
        new OidReserves(leader));
  }
}
