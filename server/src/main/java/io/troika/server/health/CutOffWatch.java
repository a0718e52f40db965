package io.troika.server.health;

import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that this node is cut off from its group: clients that stay with one node, and to whom
 * nobody can say that another one would serve them, had better be sent away then. While no leader
 * is known here, the other members are asked again and again: it is cut off if too few answer for a
 * majority with it, or if those that answer follow a leader that does not. In an election neither
 * is so. Told once for each time without a leader. Safe for any thread.
 */
public final class CutOffWatch implements AutoCloseable {
  /** Between an answer and the next question. */
  static final Duration LOOK_PAUSE = Duration.ofMillis(100);

  /** The same of a node that is long without a leader, as one that waits to be added. */
  static final Duration LATER_PAUSE = Duration.ofSeconds(1);

  private static final int SOON = 100;

  /** Then the group is no more, not only about to be reopened. */
  static final int FAILURES_MAX = 25;

  private static final Logger logger = LoggerFactory.getLogger(CutOffWatch.class);

  private final String nodeId;
  private final ReplicatedLog log;
  private final ClusterControl cluster;
  private final ServiceTimer timer;
  private final Patience patience;
  private final Runnable cutOff;

  // Guarded by this.
  private boolean looking;
  private boolean told;
  private boolean closed;
  private long sinceNanos;
  private int looks;
  private int found;
  private int failures;
  private @Nullable Cancellable nextLook;

  /**
   * When a member is taken for one that does not answer, and this node for cut off.
   *
   * @param answerTimeout of a member, at each look
   * @param sureAfter cut off for so long, and found so at least twice
   */
  public record Patience(Duration answerTimeout, Duration sureAfter) {

    /**
     * That of nodes whose election time-outs are chosen for their distance. Without a leader for
     * one of these, then twice without an answer: clients find another node within two seconds.
     *
     * @param electionTimeoutMin the shortest one
     */
    public static Patience of(Duration electionTimeoutMin) {
      return new Patience(
          electionTimeoutMin.multipliedBy(3).dividedBy(5),
          electionTimeoutMin.multipliedBy(7).dividedBy(5));
    }
  }

  private CutOffWatch(
      String nodeId,
      ReplicatedLog log,
      ClusterControl cluster,
      ServiceTimer timer,
      Patience patience,
      Runnable cutOff) {
    this.nodeId = nodeId;
    this.log = log;
    this.cluster = cluster;
    this.timer = timer;
    this.patience = patience;
    this.cutOff = cutOff;
  }

  /**
   * Begins to watch. Log, cluster and timer belong to the caller, who ends them later.
   *
   * @param cutOff told of it, on a thread that must not be blocked
   */
  public static CutOffWatch start(
      String nodeId,
      ReplicatedLog log,
      ClusterControl cluster,
      ServiceTimer timer,
      Patience patience,
      Runnable cutOff) {
    CutOffWatch watch = new CutOffWatch(nodeId, log, cluster, timer, patience, cutOff);
    log.addLeadershipListener(changed -> watch.begin());
    watch.begin();
    return watch;
  }

  private void begin() {
    synchronized (this) {
      if (log.leadership().isKnown()) {
        told = false; // also where the next look comes too late to see it
        found = 0;
        return;
      }
      if (looking || closed) {
        return;
      }
      looking = true;
      looks = 0;
      found = 0;
      failures = 0;
    }
    look();
  }

  private void look() {
    synchronized (this) {
      if (closed || log.leadership().isKnown()) {
        looking = false;
        return;
      }
    }
    long asked = timer.nanoTime();
    var unused =
        CompletableFuture.completedFuture(cluster)
            .thenCompose(group -> group.members(patience.answerTimeout()))
            .whenComplete((members, failure) -> looked(asked, members));
  }

  /**
   * Goes on with what was found.
   *
   * @param members null: they could not be asked for, as in a node whose group is being closed
   */
  private void looked(long asked, @Nullable List<Member> members) {
    boolean tell = false;
    synchronized (this) {
      failures = members == null ? failures + 1 : 0;
      if (members == null || log.leadership().isKnown() || !isCutOff(nodeId, members)) {
        found = 0;
      } else {
        sinceNanos = found == 0 ? asked : sinceNanos;
        found++;
        tell = !told && found > 1 && isSure();
        told |= tell;
      }
      looking = !closed && failures < FAILURES_MAX;
      looks++;
      Duration pause = looks < SOON ? LOOK_PAUSE : LATER_PAUSE;
      nextLook = looking ? timer.schedule(pause, this::look) : null;
    }
    if (tell && members != null) {
      logger.warn(
          "Group {}: this node reaches too few of the others, or not their leader: {}",
          log.leadership().group(),
          members.stream()
              .map(member -> member.nodeId() + " " + member.role())
              .collect(Collectors.joining(", ")));
      cutOff.run();
    }
  }

  /** Under the lock. */
  private boolean isSure() {
    return timer.nanoTime() - sinceNanos >= patience.sureAfter().toNanos();
  }

  static boolean isCutOff(String nodeId, List<Member> members) {
    List<Member> others =
        members.stream().filter(member -> !member.nodeId().equals(nodeId)).toList();
    long answering = others.stream().filter(Member::reachable).count();
    if (2 * (answering + 1) <= members.size()) {
      return true;
    }
    boolean leaderAnswers = others.stream().anyMatch(member -> member.role() == Role.LEADER);
    return !leaderAnswers && others.stream().anyMatch(member -> member.role() == Role.FOLLOWER);
  }

  /** Looks no more. */
  @Override
  public synchronized void close() {
    closed = true;
    if (nextLook != null) {
      nextLook.cancel();
    }
  }
}
