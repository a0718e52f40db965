package io.troika.server.front.zeo.session;

import io.troika.server.access.AccessControl;
import io.troika.server.config.ZeoConfig;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.leader.LeaderTransactions;
import io.troika.server.service.ports.ServiceTimer;
import java.util.concurrent.Executor;

/**
 * What all connections of a node share that are registered for storages of one Raft group.
 *
 * @param leader for what this node can't answer alone
 * @param access who may do what
 * @param executor runs what reads the disk; its queue is bounded by the calls that a connection may
 *     have open
 * @param groups the contexts of all groups
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
    OidReserves oids,
    GroupContexts groups) {

  /** Before any connection: that of {@code g0}. */
  public FrontContext(
      StoreGroups groups,
      LeaderTransactions leader,
      ServiceTimer timer,
      AccessControl access,
      Executor executor,
      ZeoConfig config,
      Statistics statistics) {
    this(
        groups.main(),
        leader,
        timer,
        access,
        executor,
        config,
        statistics,
        new BufferBudget(),
        new OidReserves(leader),
        new GroupContexts(groups));
    this.groups.add(this);
  }

  /** Serves another group from now on, too. */
  public void add(StoreService other, LeaderTransactions itsLeader) {
    groups.add(
        new FrontContext(
            other,
            itsLeader,
            timer,
            access,
            executor,
            config,
            statistics,
            budget,
            new OidReserves(itsLeader),
            groups));
  }
}
