package io.troika.server.raft.division;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.Voters;
import io.troika.server.service.ports.Leadership;
import java.util.concurrent.CompletableFuture;

/**
 * This node's own Raft division, as the leadership proof and the crash detector see it: a port onto
 * the consensus library. Safe for any thread; nothing here blocks.
 */
public interface LocalRaft {

  /** The node's own id. */
  String nodeId();

  /** The current term; never falls, and is raised before a vote of that term is answered. */
  long term();

  /** Whether this node leads exactly {@code term} and has applied an entry of its own in it. */
  boolean leads(long term);

  /** Whether this node is a voter that follows: neither leader nor candidate nor learner. */
  boolean follows();

  /** The commit index, which can be ahead of what is applied; -1 if none is known. */
  long committedIndex();

  /** The index up to which the state shows the log. */
  long appliedIndex();

  /**
   * Completes once {@link #appliedIndex} has reached {@code index}, on the thread that applies or
   * on one that must not be blocked either; fails when the division stops.
   */
  CompletableFuture<Void> whenApplied(long index);

  /** The last entry in this node's log. */
  LogPosition lastEntry();

  /** The voters by the newest configuration in this node's log. */
  Voters voters();

  /** Since when this node runs, by its clock, in milliseconds since 1970. */
  long startedMillis();

  /** Who leads, as far as this node knows; for error messages and to find the present leader. */
  Leadership leadership();

  /**
   * Begins an ordinary election at once (the next term, all checks of logs and votes), without
   * waiting for the time-out and without a pre-vote. Does nothing when {@code term} is no longer
   * the current one, when this node does not follow, or when its log has no entry of {@code term}
   * yet.
   */
  void startElection(long term);
}
