package io.troika.server.front.zeo;

import io.troika.server.access.AccessControl;
import io.troika.server.config.ZeoConfig;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.session.Statistics;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.leader.LeaderCalls;
import io.troika.server.service.leader.LeaderTransactions;
import java.time.Instant;
import java.util.concurrent.Executor;

/** The ZEO front of one node over {@link ServiceFixture}; everything on the test's thread. */
final class SessionFixture implements AutoCloseable {
  final ServiceFixture node;
  final ManualExecutor feed;
  final FrontContext context;

  SessionFixture() {
    this(ZeoConfig.DEFAULT);
  }

  SessionFixture(ZeoConfig config) {
    this(config, new ManualExecutor());
  }

  private SessionFixture(ZeoConfig config, ManualExecutor executor) {
    this(config, new ServiceFixture(executor), executor, Runnable::run);
  }

  private SessionFixture(
      ZeoConfig config, ServiceFixture node, ManualExecutor feed, Executor front) {
    this.node = node;
    this.feed = feed;
    this.context = context(node, config, front);
  }

  private static FrontContext context(ServiceFixture node, ZeoConfig config, Executor front) {
    return context(node, config, AccessControl.OPEN, front);
  }

  /** Another front of the same node, where not everybody may do everything. */
  FrontContext withAccess(AccessControl access) {
    return context(node, ZeoConfig.DEFAULT, access, Runnable::run);
  }

  /** Another front of the same node, with an executor of the test's. */
  FrontContext withExecutor(Executor front) {
    return context(node, ZeoConfig.DEFAULT, front);
  }

  private static FrontContext context(
      ServiceFixture node, ZeoConfig config, AccessControl access, Executor front) {
    LeaderCalls.Remote nobody =
        address -> {
          throw new AssertionError("nothing is at " + address);
        };
    return new FrontContext(
        node.groups,
        new LeaderTransactions(node.service, node.timer, front, nobody),
        node.timer,
        access,
        front,
        config,
        new Statistics(Instant.EPOCH));
  }

  /** A second front, as of another node that shares nothing with this one but the log. */
  FrontContext otherFront() {
    return context(node, ZeoConfig.DEFAULT, Runnable::run);
  }

  FakeClient client() {
    return FakeClient.registered(context, feed);
  }

  @Override
  public void close() {
    feed.release();
    node.close();
  }
}
