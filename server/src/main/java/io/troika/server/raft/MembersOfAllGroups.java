package io.troika.server.raft;

import io.troika.server.core.model.GroupInfo;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.MembershipChange;
import io.troika.server.service.ports.MembershipChange.Phase;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.refusals.LaggingException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Changes of who belongs to the cluster: those of {@code g0}, which the other groups follow ({@link
 * FollowedMembers}). None begins before the others have followed the one before, and none is done
 * before they have followed it. Safe for any thread.
 */
final class MembersOfAllGroups implements MembershipControl {
  /** An entry is in the log by then, or never will be by this leader. */
  private static final Duration GROUP_BEGINS_MAX = Duration.ofSeconds(5);

  private final String nodeId;
  private final RaftGroupNode main;
  private final Supplier<List<RaftGroupNode>> others;
  private final Function<String, CompletableFuture<PeerIntroduction>> introductions;
  private final TaskTimer timer;
  private volatile long groupBeginsUntilNanos;

  /**
   * @param others this node's parts in the other groups
   * @param introductions asks another node who it is
   */
  MembersOfAllGroups(
      String nodeId,
      RaftGroupNode main,
      Supplier<List<RaftGroupNode>> others,
      Function<String, CompletableFuture<PeerIntroduction>> introductions,
      TaskTimer timer) {
    this.nodeId = nodeId;
    this.main = main;
    this.others = others;
    this.introductions = introductions;
    this.timer = timer;
    this.groupBeginsUntilNanos = timer.nanoTime();
  }

  @Override
  public CompletableFuture<MembershipChange> add(String nodeId, String peerAddress) {
    return change(
        "",
        nodeId,
        main.knownMembership().contains(nodeId),
        () -> main.membership().add(nodeId, peerAddress));
  }

  @Override
  public CompletableFuture<MembershipChange> remove(String nodeId, boolean fewerThanThree) {
    return change(
        nodeId,
        "",
        !main.knownMembership().contains(nodeId),
        () -> main.membership().remove(nodeId, fewerThanThree));
  }

  @Override
  public CompletableFuture<MembershipChange> replace(
      String leaving, String joining, String peerAddress) {
    Membership present = main.knownMembership();
    return change(
        leaving,
        joining,
        !present.contains(leaving) && present.contains(joining),
        () -> main.membership().replace(leaving, joining, peerAddress));
  }

  /**
   * Who asks is about to create a group of these. No change of members may get into the log of
   * {@code g0} before that: a group must not begin with one who is a member no more.
   */
  @Override
  public CompletableFuture<List<GroupInfo.Member>> settled() {
    List<String> others =
        main.knownMembership().ids().stream().filter(node -> !node.equals(nodeId)).toList();
    return KnownVersions.requireGroups(others, introductions).thenCompose(all -> settledNow());
  }

  private synchronized CompletableFuture<List<GroupInfo.Member>> settledNow() {
    groupBeginsUntilNanos = timer.nanoTime() + GROUP_BEGINS_MAX.toNanos();
    return main.membership().settled();
  }

  @Override
  public CompletableFuture<Optional<MembershipChange>> newest() {
    return main.membership().newest().thenApply(change -> change.map(this::asOfAll));
  }

  /**
   * @param isDone whether {@code g0} has these members already
   */
  private CompletableFuture<MembershipChange> change(
      String leaving,
      String joining,
      boolean isDone,
      Supplier<CompletableFuture<MembershipChange>> begin) {
    if (!main.leadership().self()) {
      return begin.get(); // which says who leads
    }
    if (!isDone && timer.nanoTime() - groupBeginsUntilNanos < 0) {
      return CompletableFuture.failedFuture(
          new LaggingException("a group is being created: in some seconds again"));
    }
    if (!isDone && main.knownMembership().settled()) {
      Optional<RaftGroupNode> behind = behind();
      if (behind.isPresent()) {
        return CompletableFuture.failedFuture(
            new IllegalArgumentException(
                "group %s has not followed the change of members before (it has %s): wait until it"
                        .formatted(behind.get().name(), behind.get().knownMembership().ids())
                    + " has; GetNodeChange and the log of its leader tell why it does not"));
      }
    }
    CompletableFuture<?> possible =
        isDone
            ? CompletableFuture.completedFuture(null)
            : CompletableFuture.allOf(
                others.get().stream()
                    .map(group -> group.requireMajority(leaving, joining))
                    .toArray(CompletableFuture<?>[]::new));
    return possible.thenCompose(unused -> begin.get()).thenApply(this::asOfAll);
  }

  private MembershipChange asOfAll(MembershipChange change) {
    return change.phase() == Phase.DONE && behind().isPresent()
        ? new MembershipChange(
            change.joining(), change.leaving(), Phase.AGREEING, change.lagEntries(), "")
        : change;
  }

  /** One that has other members than {@code g0}, as far as this node knows. */
  private Optional<RaftGroupNode> behind() {
    List<String> members = main.knownMembership().ids();
    return others.get().stream()
        .filter(
            group -> {
              Membership its = group.knownMembership();
              return !its.settled() || !its.ids().equals(members);
            })
        .findFirst();
  }
}
