package io.troika.server.raft.members;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.division.GroupPeers;
import io.troika.server.raft.division.LocalRaft;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerAnswers;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.MembershipChange;
import io.troika.server.service.ports.MembershipChange.Phase;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes of who belongs to the group, by the node that leads. Who comes is made known to Ratis as
 * a new voter: Ratis sends it the log, or tells it to fetch a checkpoint, and only once it has
 * caught up begins the change itself, by joint consensus. Until then the group is as it was, and
 * when it fails it stays so. Safe for any thread.
 */
public final class MemberChanges implements MembershipControl {
  private static final Duration STATE_TIMEOUT = Duration.ofSeconds(1);
  private static final Logger log = LoggerFactory.getLogger(MemberChanges.class);

  private final LocalRaft raft;
  private final MembershipWatch membership;
  private final PeerTransport peers;
  private final Newcomer newcomer;
  private final Reconfiguration reconfiguration;
  private final Supplier<CompletableFuture<Leadership>> handOver;
  private @Nullable Job newest; // guarded by this

  /**
   * @param reconfiguration what Ratis does
   * @param handOver gives leadership to another voter
   */
  public MemberChanges(
      LocalRaft raft,
      MembershipWatch membership,
      PeerTransport peers,
      TaskTimer timer,
      Reconfiguration reconfiguration,
      Supplier<CompletableFuture<Leadership>> handOver) {
    this.raft = raft;
    this.membership = membership;
    this.peers = peers;
    this.newcomer = new Newcomer(peers, timer);
    this.reconfiguration = reconfiguration;
    this.handOver = handOver;
  }

  /** Gives the group other members. */
  interface Reconfiguration {
    /** Completes when the new ones are agreed on; fails with a reason for people. */
    CompletableFuture<Void> replace(Membership present, Membership next);
  }

  /** One change. */
  private static final class Job {
    final String joining;
    final String leaving;
    volatile Phase phase;
    volatile String problem = "";

    Job(String joining, String leaving) {
      this.joining = joining;
      this.leaving = leaving;
      this.phase = joining.isEmpty() ? Phase.AGREEING : Phase.CATCHING_UP;
    }

    boolean isSame(Job other) {
      return joining.equals(other.joining) && leaving.equals(other.leaving);
    }

    MembershipChange change(long lagEntries) {
      return new MembershipChange(joining, leaving, phase, lagEntries, problem);
    }
  }

  @Override
  public CompletableFuture<MembershipChange> add(String nodeId, String peerAddress) {
    return whileLeading(
        new Job(nodeId, ""),
        (present, wanted) -> {
          Optional<MemberConfig> member = present.member(nodeId);
          if (member.isPresent()) {
            MembershipRules.requireSameAddress(member.get(), peerAddress);
            return CompletableFuture.completedFuture(done(nodeId, ""));
          }
          return take(present, wanted, HostAndPort.parse(peerAddress));
        });
  }

  @Override
  public CompletableFuture<MembershipChange> replace(
      String leaving, String joining, String peerAddress) {
    return whileLeading(
        new Job(joining, leaving),
        (present, wanted) -> {
          if (!present.contains(leaving) && present.contains(joining)) {
            return CompletableFuture.completedFuture(done(joining, leaving));
          }
          MembershipRules.requireReplaceable(present, leaving, joining);
          HostAndPort address = HostAndPort.parse(peerAddress);
          return leaving.equals(raft.nodeId()) ? leaveToTheNext() : take(present, wanted, address);
        });
  }

  @Override
  public CompletableFuture<MembershipChange> remove(String nodeId, boolean fewerThanThree) {
    return whileLeading(
        new Job("", nodeId),
        (present, wanted) -> {
          if (!present.contains(nodeId)) {
            return CompletableFuture.completedFuture(done("", nodeId));
          }
          MembershipRules.requireEnough(present, nodeId, fewerThanThree);
          return living(present)
              .thenCompose(
                  alive -> {
                    MembershipRules.requireMajority(present, nodeId, "", alive);
                    if (nodeId.equals(raft.nodeId())) {
                      return leaveToTheNext();
                    }
                    Job job = begin(wanted);
                    return CompletableFuture.completedFuture(
                        job == wanted
                            ? run(job, present, without(present, nodeId))
                            : job.change(-1));
                  });
        });
  }

  @Override
  public CompletableFuture<Optional<MembershipChange>> newest() {
    Leadership leadership = raft.leadership();
    Job job;
    synchronized (this) {
      job = newest;
    }
    if (!leadership.self()) {
      return CompletableFuture.failedFuture(new NotLeaderException(leadership));
    }
    if (job == null) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    if (job.phase != Phase.CATCHING_UP) {
      return CompletableFuture.completedFuture(Optional.of(job.change(-1)));
    }
    long committed = raft.committedIndex();
    return peers
        .state(job.joining, STATE_TIMEOUT)
        .thenApply(state -> Math.max(0, committed - state.applied().index()))
        .exceptionally(unreachable -> -1L)
        .thenApply(lag -> Optional.of(job.change(lag)));
  }

  @Override
  public CompletableFuture<List<GroupInfo.Member>> settled() {
    Membership present = membership.current();
    return CompletableFuture.completedFuture(
        present.settled() && present.index() >= 0
            ? present.members().stream().map(GroupPeers::toInfo).toList()
            : List.of());
  }

  private interface Step {
    CompletableFuture<MembershipChange> from(Membership present, Job wanted);
  }

  /** Takes the step, unless that is what goes on already. */
  private CompletableFuture<MembershipChange> whileLeading(Job wanted, Step step) {
    Leadership leadership = raft.leadership();
    if (!leadership.self()) {
      return CompletableFuture.failedFuture(new NotLeaderException(leadership));
    }
    try {
      Membership present = membership.current();
      Optional<MembershipChange> underWay = underWay(present, wanted);
      return underWay.isPresent()
          ? CompletableFuture.completedFuture(underWay.get())
          : step.from(present, wanted);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private static Membership without(Membership present, String leaving) {
    return MembershipRules.next(present, leaving, Optional.empty());
  }

  private static MembershipChange done(String joining, String leaving) {
    return new MembershipChange(joining, leaving, Phase.DONE, -1, "");
  }

  /** Hands over; whoever leads next does what was asked for. */
  private CompletableFuture<MembershipChange> leaveToTheNext() {
    return handOver
        .get()
        .thenCompose(next -> CompletableFuture.failedFuture(new NotLeaderException(next)));
  }

  /** Takes somebody in, if nothing speaks against it. */
  private CompletableFuture<MembershipChange> take(
      Membership present, Job wanted, HostAndPort peerAddress) {
    Job job = begin(wanted);
    if (job != wanted) {
      return CompletableFuture.completedFuture(job.change(-1));
    }
    membership.invite(new MemberConfig(job.joining, peerAddress, peerAddress, peerAddress));
    return living(present)
        .thenCombine(
            newcomer.introduce(job.joining, peerAddress),
            (alive, found) -> {
              Set<String> then = new TreeSet<>(alive);
              then.add(job.joining);
              MembershipRules.requireMajority(present, job.leaving, job.joining, then);
              MembershipRules.requireFitting(present, found);
              membership.invite(found.self());
              return run(
                  job,
                  present,
                  MembershipRules.next(present, job.leaving, Optional.of(found.self())));
            })
        .whenComplete(
            (change, refusal) -> {
              if (refusal != null) {
                membership.dismiss();
                failed(job, refusal);
              }
            });
  }

  /**
   * The same change, asked for again while it goes on here, or while the members of before and
   * after are both in the log, perhaps by a leader before this one.
   */
  private Optional<MembershipChange> underWay(Membership present, Job wanted) {
    Job before;
    synchronized (this) {
      before = newest;
    }
    if (before != null && before.isSame(wanted) && before.change(-1).isRunning()) {
      return Optional.of(before.change(-1));
    }
    Voters voters = raft.voters();
    boolean joins = wanted.joining.isEmpty() || present.contains(wanted.joining);
    boolean leaves =
        wanted.leaving.isEmpty()
            || (voters.outgoing().contains(wanted.leaving)
                && !voters.incoming().contains(wanted.leaving));
    if (present.settled() || !joins || !leaves) {
      return Optional.empty();
    }
    wanted.phase = Phase.AGREEING;
    return Optional.of(wanted.change(-1));
  }

  /** The job, or the one that runs already and is the same. */
  private synchronized Job begin(Job job) {
    Job before = newest;
    if (before != null && before.change(-1).isRunning()) {
      if (before.isSame(job)) {
        return before;
      }
      throw new IllegalArgumentException(
          "another change is under way (%s): wait until it has ended"
              .formatted(MembershipRules.describe(before.joining, before.leaving)));
    }
    newest = job;
    return job;
  }

  private MembershipChange run(Job job, Membership present, Membership next) {
    log.info(
        "members are to be {} instead of {} ({})",
        next.ids(),
        present.ids(),
        MembershipRules.describe(job.joining, job.leaving));
    var unused =
        reconfiguration
            .replace(present, next)
            .whenComplete(
                (agreed, failure) -> {
                  membership.dismiss(); // first: the next change may have a guest of its own
                  if (failure == null) {
                    job.phase = Phase.DONE;
                    log.info("members are {}", next.ids());
                  } else {
                    failed(job, failure);
                  }
                });
    return job.change(-1);
  }

  private static void failed(Job job, Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    job.problem = String.valueOf(cause.getMessage());
    job.phase = Phase.FAILED;
    log.warn(
        "the change of members failed ({}): {}",
        MembershipRules.describe(job.joining, job.leaving),
        job.problem);
  }

  /** Whether the members before and after such a change have a majority that lives; on any node. */
  public CompletableFuture<Void> requireMajority(String leaving, String joining) {
    Membership present = membership.current();
    return answering(present)
        .thenAccept(
            alive -> {
              Set<String> then = new TreeSet<>(alive);
              then.add(joining);
              MembershipRules.requireMajority(present, leaving, joining, then);
            });
  }

  /** Those who answer now, and remember what they voted. */
  private CompletableFuture<Set<String>> living(Membership present) {
    return answering(present)
        .thenApply(
            alive -> {
              if (!raft.leadership().self()) {
                throw new LaggingException("this node does not lead any more");
              }
              return alive;
            });
  }

  private CompletableFuture<Set<String>> answering(Membership present) {
    return PeerAnswers.of(present.others(raft.nodeId()), peer -> peers.state(peer, STATE_TIMEOUT))
        .thenApply(
            states -> {
              Set<String> alive = new TreeSet<>(Set.of(raft.nodeId()));
              states.forEach(
                  (peer, state) -> {
                    if (state.voter()) {
                      alive.add(peer);
                    }
                  });
              return alive;
            });
  }
}
