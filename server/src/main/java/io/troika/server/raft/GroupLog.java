package io.troika.server.raft;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Tid;
import io.troika.server.raft.clock.ClusterClock;
import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.entries.EntryBatcher;
import io.troika.server.raft.leadership.HandOvers;
import io.troika.server.raft.leadership.LeadershipEvents;
import io.troika.server.raft.leadership.TermRound;
import io.troika.server.raft.leadership.VoteHandOver;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.replication.Appenders;
import io.troika.server.raft.replication.FollowersRoom;
import io.troika.server.service.ports.GroupMembers;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.TransactionTrace;
import io.troika.server.service.ports.VoteKeeper;
import io.troika.server.service.refusals.DiskFullException;
import io.troika.server.service.refusals.NotLeaderException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The log of one group, as the service uses it: what has to be so before a command is appended, and
 * whom the service asks about leadership. Safe for any thread.
 */
final class GroupLog implements ReplicatedLog {
  private final String nodeId;
  private final DivisionView view;
  private final EntryBatcher batcher;
  private final FollowersRoom followersRoom;
  private final Appenders appenders;
  private final LeadershipEvents leadershipEvents;
  private final TermRound termRound;
  private final HandOvers handOvers;
  private final VoteHandOver voteHandOver;
  private final ClusterClock clock;
  private volatile PeerLevels levels;

  /**
   * @param levels which entries the others can apply, as far as this group knows
   */
  GroupLog(
      String nodeId,
      DivisionView view,
      EntryBatcher batcher,
      FollowersRoom followersRoom,
      Appenders appenders,
      LeadershipEvents leadershipEvents,
      TermRound termRound,
      HandOvers handOvers,
      VoteHandOver voteHandOver,
      ClusterClock clock,
      PeerLevels levels) {
    this.nodeId = nodeId;
    this.view = view;
    this.batcher = batcher;
    this.followersRoom = followersRoom;
    this.appenders = appenders;
    this.leadershipEvents = leadershipEvents;
    this.termRound = termRound;
    this.handOvers = handOvers;
    this.voteHandOver = voteHandOver;
    this.clock = clock;
    this.levels = levels;
  }

  /** From now on entries that older versions do not know are for those who can apply them. */
  void heed(PeerLevels known) {
    levels = known;
  }

  @Override
  public CompletableFuture<Outcome> submit(Command command) {
    return submit(command, TransactionTrace.NONE);
  }

  @Override
  public CompletableFuture<Outcome> submit(Command command, TransactionTrace trace) {
    if (!view.leads(view.term())) {
      return CompletableFuture.failedFuture(NotLeaderException.elsewhere(view.leadership()));
    }
    DiskFullException full = followersRoom.problem();
    if (full != null) {
      return CompletableFuture.failedFuture(full);
    }
    if (PeerLevels.needed(command) == 0) {
      return batcher.submit(command, trace);
    }
    return levels
        .require(PeerLevels.needed(command), view.membership().others(nodeId))
        .thenCompose(all -> batcher.submit(command, trace));
  }

  @Override
  public CompletableFuture<Long> proveLeadership() {
    return termRound.prove();
  }

  @Override
  public void tellFollower(String follower) {
    if (batcher.isIdle()) {
      appenders.tell(follower);
    }
  }

  @Override
  public Leadership leadership() {
    return view.leadership();
  }

  @Override
  public void addLeadershipListener(Consumer<Leadership> listener) {
    leadershipEvents.add(listener);
  }

  @Override
  public CompletableFuture<Void> handOver() {
    return handOvers.over();
  }

  @Override
  public void setVoteKeeper(VoteKeeper keeper) {
    voteHandOver.setKeeper(keeper);
  }

  @Override
  public GroupMembers members() {
    Membership known = view.membership();
    return known.settled() && known.index() >= 0 ? known.forClients() : GroupMembers.UNKNOWN;
  }

  @Override
  public int commandBytesMax() {
    return batcher.commandBytesMax();
  }

  @Override
  public Tid tidCandidate() {
    return Tid.ofInstant(clock.instant());
  }
}
