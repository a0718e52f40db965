package io.troika.server.raft.clock;

import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new leader is not ready before it knows the clocks of a majority, so that a wrong one of its
 * own dates nothing. Its majority has just voted for it, and was asked for its clocks all the time;
 * so it waits only where the side channel does not get through, and then not for long. Safe for any
 * thread.
 */
public final class LeaderPatience {
  static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Logger log = LoggerFactory.getLogger(LeaderPatience.class);

  private final ClusterClock clock;
  private final TaskTimer timer;
  private volatile long ledTerm = -1; // the last one that may be led
  private long askedTerm = -1; // guarded by this
  private long sinceNanos; // guarded by this

  public LeaderPatience(ClusterClock clock, TaskTimer timer) {
    this.clock = clock;
    this.timer = timer;
  }

  /**
   * Whether the leader of {@code term}, which is ready but for this, may begin; false for {@link
   * #PATIENCE} of each term at most. Who has begun does not stop: a member that is added makes a
   * majority larger, and was not heard yet.
   */
  public boolean mayLead(long term) {
    if (ledTerm == term) {
      return true;
    }
    if (!clock.knowsMajority() && !isOver(term)) {
      return false;
    }
    ledTerm = term;
    return true;
  }

  private synchronized boolean isOver(long term) {
    if (askedTerm != term) {
      askedTerm = term;
      sinceNanos = timer.nanoTime();
    }
    boolean over = timer.nanoTime() - sinceNanos >= PATIENCE.toNanos();
    if (over) {
      log.warn("the clocks of the other nodes are not known: this leader takes its own");
    }
    return over;
  }
}
