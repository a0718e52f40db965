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
  private long term = -1; // guarded by this, as the rest
  private long sinceNanos;
  private boolean over;

  public LeaderPatience(ClusterClock clock, TaskTimer timer) {
    this.clock = clock;
    this.timer = timer;
  }

  /**
   * Whether the leader of {@code ledTerm}, which is ready but for this, may begin; false for {@link
   * #PATIENCE} of each term at most.
   */
  public boolean mayLead(long ledTerm) {
    return clock.knowsMajority() || isOver(ledTerm);
  }

  private synchronized boolean isOver(long ledTerm) {
    if (term != ledTerm) {
      term = ledTerm;
      sinceNanos = timer.nanoTime();
      over = false;
    }
    if (!over && timer.nanoTime() - sinceNanos >= PATIENCE.toNanos()) {
      over = true;
      log.warn("the clocks of the other nodes are not known: this leader takes its own");
    }
    return over;
  }
}
