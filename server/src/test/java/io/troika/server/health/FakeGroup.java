package io.troika.server.health;

import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ServiceTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Nodes n1 (asked) and n2 of a fake log, as n1 sees them; what n2 says, a test can change. */
public final class FakeGroup implements ClusterControl {
  private final FakeLog log;
  private volatile boolean leaderReached = true;
  private volatile boolean closed;
  private volatile long committed = 1;
  private volatile long applied = 1;
  private volatile Duration waitedFor = Duration.ZERO;

  public FakeGroup(FakeLog log) {
    this.log = log;
  }

  /** The health of n1 in such a group, never broken. */
  public static NodeHealth health(FakeLog log, ServiceTimer timer) {
    return NodeHealth.start("n1", log, new FakeGroup(log), new CompletableFuture<>(), timer);
  }

  void reachLeader(boolean reached) {
    leaderReached = reached;
  }

  /** While it is, to ask anything throws. */
  void closed(boolean isClosed) {
    closed = isClosed;
  }

  void leaderCommitted(long index) {
    committed = index;
  }

  void applied(long index) {
    applied = index;
  }

  /** How long the members were waited for that were asked last. */
  Duration waitedFor() {
    return waitedFor;
  }

  @Override
  public CompletableFuture<List<Member>> members(Duration answerTimeout) {
    waitedFor = answerTimeout;
    if (closed) {
      throw new IllegalStateException("closed");
    }
    Leadership now = log.leadership();
    return CompletableFuture.completedFuture(
        List.of(
            member("n1", true, now.leader().equals("n1"), applied),
            member("n2", leaderReached, now.leader().equals("n2"), committed)));
  }

  private Member member(String id, boolean reached, boolean leads, long appliedIndex) {
    Role role = !reached ? Role.UNKNOWN : leads ? Role.LEADER : Role.FOLLOWER;
    return new Member(id, "r:1", "c:1", reached, role, 1, committed, appliedIndex, 0, 0);
  }

  @Override
  public CompletableFuture<Leadership> transferLeadership(String target, Duration timeout) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<LogPosition> takeSnapshot(Duration timeout) {
    throw new UnsupportedOperationException();
  }
}
