package io.troika.server.raft;

import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.threads.TaskTimer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a further group the members that {@code g0} has: that is where operators change them. Done
 * by the group's leader, one step after the other, by the rules of any change of members; what
 * can't be done now is tried again. Safe for any thread; nothing here blocks.
 */
final class FollowedMembers {
  static final Duration PERIOD = Duration.ofMillis(500);

  /** After a step that was refused or failed, as by a node that has no part in the group yet. */
  static final Duration AFTER_FAILURE = Duration.ofSeconds(2);

  private static final Duration HAND_OVER = Duration.ofSeconds(3);
  private static final Logger log = LoggerFactory.getLogger(FollowedMembers.class);

  private final Supplier<Membership> wanted;
  private final BooleanSupplier isRemoved;
  private final RaftGroupNode group;
  private final TaskTimer timer;
  private volatile boolean stopped;

  /** The next step from some members to others; joining or leaving may be empty, not both. */
  record Step(Optional<MemberConfig> joining, String leaving) {}

  /**
   * @param wanted the members of {@code g0} as this node knows them
   * @param isRemoved whether this node is known to be no member of {@code g0} any more
   */
  FollowedMembers(
      Supplier<Membership> wanted,
      BooleanSupplier isRemoved,
      RaftGroupNode group,
      TaskTimer timer) {
    this.wanted = wanted;
    this.isRemoved = isRemoved;
    this.group = group;
    this.timer = timer;
  }

  void start() {
    var unused = timer.schedule(this::look, PERIOD);
  }

  void stop() {
    stopped = true;
  }

  private void look() {
    if (stopped) {
      return;
    }
    CompletableFuture<?> done;
    try {
      done = step();
    } catch (RuntimeException e) {
      done = CompletableFuture.failedFuture(e);
    }
    var unused =
        done.whenComplete(
            (change, failure) -> {
              if (failure != null) {
                log.info(
                    "group {} can't follow the members of the cluster now: {}",
                    group.name(),
                    failure.toString());
              }
              var unusedTimer =
                  timer.schedule(this::look, failure == null ? PERIOD : AFTER_FAILURE);
            });
  }

  private CompletableFuture<?> step() {
    if (!group.leadership().self()) {
      return CompletableFuture.completedFuture(null);
    }
    if (isRemoved.getAsBoolean()) {
      // This node does not hear any more who belongs to the cluster; the others do.
      return group.isAlone()
          ? CompletableFuture.completedFuture(null)
          : group.cluster().transferLeadership("", HAND_OVER);
    }
    Optional<Step> next = next(group.knownMembership(), wanted.get());
    if (next.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    Step step = next.get();
    String leaving = step.leaving();
    if (step.joining().isEmpty()) {
      return group.membership().remove(leaving, true);
    }
    MemberConfig joining = step.joining().get();
    String peer = joining.peer().toString();
    return leaving.isEmpty()
        ? group.membership().add(joining.nodeId(), peer)
        : group.membership().replace(leaving, joining.nodeId(), peer);
  }

  /** Empty when they are the same, or one of the two is being changed. A pure function. */
  static Optional<Step> next(Membership present, Membership wanted) {
    if (!present.settled() || present.index() < 0 || !wanted.settled() || wanted.index() < 0) {
      return Optional.empty();
    }
    Optional<MemberConfig> joining =
        wanted.members().stream().filter(each -> !present.contains(each.nodeId())).findFirst();
    String leaving =
        present.members().stream()
            .map(MemberConfig::nodeId)
            .filter(each -> !wanted.contains(each))
            .findFirst()
            .orElse("");
    return joining.isEmpty() && leaving.isEmpty()
        ? Optional.empty()
        : Optional.of(new Step(joining, leaving));
  }
}
