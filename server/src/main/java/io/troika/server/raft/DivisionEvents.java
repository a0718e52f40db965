package io.troika.server.raft;

import io.troika.server.raft.leadership.LeadershipEvents;
import io.troika.server.raft.members.MembershipWatch;
import io.troika.server.raft.members.Removal;
import io.troika.server.raft.state.CheckpointInstall;
import io.troika.server.raft.state.InstallNudge;
import io.troika.server.raft.state.TroikaStateMachine;
import io.troika.server.service.ports.ClusterControl;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens when Ratis tells something of one group's division. Safe for any thread. */
final class DivisionEvents implements TroikaStateMachine.Events {
  private static final Logger log = LoggerFactory.getLogger(DivisionEvents.class);

  private static final Duration SNAPSHOT_TIMEOUT = Duration.ofMinutes(1);

  private final LeadershipEvents leadership;
  private final MembershipWatch membership;
  private final ClusterControl control;
  private final CheckpointInstall install;
  private final InstallNudge nudge;
  private final Removal removal;
  private final RaftGroupNode.Storage storage;
  private final Executor worker;
  private final CompletableFuture<Void> removed;
  private final CompletableFuture<Throwable> broken;
  private volatile boolean closing;

  /**
   * @param removed completed when this node turns out to be a member no more
   * @param broken completed with the cause when this member can't go on
   */
  DivisionEvents(
      LeadershipEvents leadership,
      MembershipWatch membership,
      ClusterControl control,
      CheckpointInstall install,
      InstallNudge nudge,
      Removal removal,
      RaftGroupNode.Storage storage,
      Executor worker,
      CompletableFuture<Void> removed,
      CompletableFuture<Throwable> broken) {
    this.leadership = leadership;
    this.membership = membership;
    this.control = control;
    this.install = install;
    this.nudge = nudge;
    this.removal = removal;
    this.storage = storage;
    this.worker = worker;
    this.removed = removed;
    this.broken = broken;
  }

  /** Call it before the division is closed: then that is no accident. */
  void closing() {
    closing = true;
  }

  @Override
  public void storageReady() throws IOException {
    storage.ready();
  }

  @Override
  public void leadershipMayHaveChanged() {
    leadership.refresh();
  }

  @Override
  public void leaderReady() {
    leadership.refresh();
  }

  @Override
  public void snapshotDue() {
    // Asked by the thread that would take it: so it must not wait for it here.
    var unused =
        control
            .takeSnapshot(SNAPSHOT_TIMEOUT)
            .whenComplete(
                (position, failure) -> {
                  if (failure != null) {
                    log.warn("the snapshot that was due by size was not taken", failure);
                  }
                });
  }

  @Override
  public CompletableFuture<TermIndex> installWanted(RoleInfoProto role, TermIndex firstAvailable) {
    String leader =
        RaftPeerId.valueOf(role.getFollowerInfo().getLeaderInfo().getId().getId()).toString();
    return install
        .fetch(leader, firstAvailable.getIndex() - 1)
        .thenApply(
            position -> {
              nudge.later(firstAvailable, position);
              return TermIndex.valueOf(position.term(), position.index());
            });
  }

  @Override
  public void membershipMayHaveChanged() {
    membership.refresh();
  }

  @Override
  public void divisionClosed() {
    if (!closing && !removed.isDone()) {
      var unused = removal.inquire(Removal.ROUNDS_MAX).thenAcceptAsync(this::endedAs, worker);
    }
  }

  /** Once: Ratis may say more than once that it has closed the division. */
  private synchronized void endedAs(boolean isRemoved) {
    if (removed.isDone()) {
      return;
    }
    if (!isRemoved) {
      broken(new IllegalStateException("Ratis has closed the group's division by itself"));
      return;
    }
    try {
      storage.removed();
    } catch (IOException e) {
      broken(e);
      return;
    }
    log.warn("this node was removed from its group, and takes no part any more");
    removed.complete(null);
  }

  /** What fails in a division that is being closed breaks nothing: a group that is dropped. */
  @Override
  public void broken(Throwable cause) {
    if (closing) {
      log.info("a division that is being closed has failed", cause);
    } else if (broken.complete(cause)) {
      log.error("this node is broken: its Raft group stops", cause);
    }
  }
}
