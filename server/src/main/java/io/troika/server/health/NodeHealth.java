package io.troika.server.health;

import io.troika.server.health.HealthReport.Check;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks once a second whether this node can serve. A leader has to prove to a majority that it
 * leads; a follower asks the leader whether it does, and how far it has committed. What is believed
 * has been confirmed a moment ago: a node that is cut off says so after {@link #CONFIRMED_MAX},
 * also where Raft has not noticed yet. Safe for any thread.
 */
public final class NodeHealth implements AutoCloseable {
  /** Between two looks. */
  static final Duration LOOK_PAUSE = Duration.ofSeconds(1);

  /** How long a confirmed leader is believed in. */
  static final Duration CONFIRMED_MAX = Duration.ofSeconds(3);

  /** How old a state may be that is served as current. */
  static final Duration BEHIND_MAX = Duration.ofSeconds(5);

  private final String nodeId;
  private final ReplicatedLog log;
  private final ClusterControl cluster;
  private final CompletableFuture<Throwable> broken;
  private final ServiceTimer timer;
  private final List<Consumer<HealthReport>> listeners = new CopyOnWriteArrayList<>();
  private final List<Supplier<List<Check>>> others = new CopyOnWriteArrayList<>();

  // Guarded by this.
  private String confirmed = "";
  private long confirmedNanos;
  private @Nullable Goal goal;
  private boolean wasInStep;
  private long inStepNanos;
  private boolean stopping;
  private boolean removed;
  private @Nullable Cancellable nextLook;

  /** What the leader had committed at a moment, to be applied here. */
  private record Goal(long index, long sinceNanos) {}

  private NodeHealth(
      String nodeId,
      ReplicatedLog log,
      ClusterControl cluster,
      CompletableFuture<Throwable> broken,
      ServiceTimer timer) {
    this.nodeId = nodeId;
    this.log = log;
    this.cluster = cluster;
    this.broken = broken;
    this.timer = timer;
  }

  /**
   * Begins to look. Log, cluster and timer belong to the caller, who ends them later.
   *
   * @param broken completes when this node can't go on
   */
  public static NodeHealth start(
      String nodeId,
      ReplicatedLog log,
      ClusterControl cluster,
      CompletableFuture<Throwable> broken,
      ServiceTimer timer) {
    NodeHealth health = new NodeHealth(nodeId, log, cluster, broken, timer);
    log.addLeadershipListener(changed -> health.look());
    var unused = broken.thenRun(health::tell);
    health.lookAgain();
    return health;
  }

  /** One more condition; must not block. */
  public void addCheck(Supplier<Check> check) {
    others.add(() -> List.of(check.get()));
  }

  /** Conditions of which there are now more, now fewer; must not block. */
  public void addChecks(Supplier<List<Check>> checks) {
    others.add(checks);
  }

  /** Told at once and after each look, on threads that must not be blocked. */
  public void addListener(Consumer<HealthReport> listener) {
    listeners.add(listener);
    listener.accept(report());
  }

  /** From now on this node is not ready: clients should go elsewhere while it stops. */
  public void stopping() {
    synchronized (this) {
      stopping = true;
    }
    tell();
  }

  /** This node belongs to its group no more; it stays up to say so. */
  public void removed() {
    synchronized (this) {
      removed = true;
    }
    tell();
  }

  /** What is true now. */
  public HealthReport report() {
    Leadership leadership = log.leadership();
    boolean isBroken = broken.isDone();
    List<Check> checks = new ArrayList<>();
    synchronized (this) {
      long now = timer.nanoTime();
      checks.add(running(isBroken));
      checks.add(leader(leadership));
      checks.add(majority(leadership, now));
      others.forEach(more -> checks.addAll(more.get()));
      checks.add(inStep(leadership, now));
    }
    return new HealthReport(!isBroken, checks);
  }

  private Check running(boolean isBroken) {
    String detail =
        isBroken
            ? "this node is broken and has to be restarted; its log says why"
            : stopping
                ? "this node is stopping"
                : removed ? "this node was removed from its group; it can be stopped" : "yes";
    return new Check("running", !isBroken && !stopping && !removed, detail);
  }

  private static Check leader(Leadership leadership) {
    return new Check(
        "leader",
        leadership.isKnown(),
        leadership.isKnown()
            ? "%s in term %s".formatted(leadership.leader(), leadership.term())
            : "none is known in term %s".formatted(leadership.term()));
  }

  private Check majority(Leadership leadership, long now) {
    boolean fresh =
        leadership.isKnown()
            && confirmed.equals(leadership.leader())
            && !isOlder(confirmedNanos, CONFIRMED_MAX, now);
    String who = leadership.self() ? "a majority of the nodes" : "the leader";
    return new Check(
        "majority",
        fresh,
        fresh
            ? who + " confirms it"
            : "not confirmed by %s in the last %s s".formatted(who, CONFIRMED_MAX.toSeconds()));
  }

  private Check inStep(Leadership leadership, long now) {
    boolean fresh = wasInStep && !isOlder(inStepNanos, BEHIND_MAX, now);
    return new Check(
        "in-step",
        fresh,
        fresh
            ? leadership.self() ? "this node leads" : "this node follows " + leadership.leader()
            : "this node has not applied what was committed %s s ago"
                .formatted(BEHIND_MAX.toSeconds()));
  }

  private static boolean isOlder(long thenNanos, Duration age, long nowNanos) {
    return nowNanos - thenNanos > age.toNanos();
  }

  // ---- looking

  private void lookAgain() {
    try {
      look();
    } finally {
      synchronized (this) {
        if (!stopping) {
          nextLook = timer.schedule(LOOK_PAUSE, this::lookAgain);
        }
      }
    }
  }

  /** Asking may throw in a node whose group is being closed: then nothing is confirmed. */
  private void look() {
    Leadership leadership = log.leadership();
    long asked = timer.nanoTime();
    if (leadership.self()) {
      // Afterwards this node has applied whatever was acknowledged when it was asked.
      var unused =
          CompletableFuture.completedFuture(log)
              .thenCompose(ReplicatedLog::proveLeadership)
              .thenAccept(term -> proved(asked));
    } else if (leadership.isKnown() && !leadership.elected()) {
      var unused =
          CompletableFuture.completedFuture(cluster)
              .thenCompose(ClusterControl::members)
              .thenAccept(members -> heard(leadership.leader(), members, asked));
    }
    tell();
  }

  private void proved(long asked) {
    synchronized (this) {
      confirm(nodeId, asked);
      goal = null;
      inStep(asked);
    }
    tell();
  }

  private void heard(String leader, List<Member> members, long asked) {
    Member said = find(members, leader);
    if (said == null || said.role() != Role.LEADER) {
      return;
    }
    Member self = find(members, nodeId);
    synchronized (this) {
      confirm(leader, asked);
      Goal set = goal == null ? new Goal(said.committedIndex(), asked) : goal;
      boolean reached = self != null && self.appliedIndex() >= set.index();
      goal = reached ? null : set;
      if (reached) {
        inStep(set.sinceNanos());
      }
    }
    tell();
  }

  private static @Nullable Member find(List<Member> members, String id) {
    return members.stream().filter(member -> member.nodeId().equals(id)).findFirst().orElse(null);
  }

  /** Answers may come in another order than the questions were asked in. */
  private void confirm(String leader, long asked) {
    if (!leader.equals(confirmed) || asked - confirmedNanos > 0) {
      confirmed = leader;
      confirmedNanos = asked;
    }
  }

  private void inStep(long asOf) {
    if (!wasInStep || asOf - inStepNanos > 0) {
      wasInStep = true;
      inStepNanos = asOf;
    }
  }

  private void tell() {
    HealthReport report = report();
    listeners.forEach(listener -> listener.accept(report));
  }

  /** Looks no more. */
  @Override
  public synchronized void close() {
    stopping = true;
    if (nextLook != null) {
      nextLook.cancel();
    }
  }
}
