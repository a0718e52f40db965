package io.troika.server.raft;

import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.diskspace.DiskRoom;
import io.troika.server.raft.diskspace.DiskUse;
import io.troika.server.raft.division.DivisionView;
import io.troika.server.raft.leadership.VoteHandOver;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.state.ReplicatedState;
import io.troika.server.service.ports.VotedTransaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What this node answers its peers about one group. Safe for any thread. */
final class GroupEndpoint implements PeerEndpoint {
  private final MemberConfig self;
  private final DivisionView view;
  private final ReplicatedState state;
  private final DiskUse diskUse;
  private final VoteHandOver votes;
  private final BooleanSupplier isRemoved;
  private final InstantSource clock;

  /** What the log holds, while there is no division to ask. */
  private volatile LogPosition kept = LogPosition.NONE;

  private volatile BooleanSupplier exhausted = () -> false;

  /**
   * @param isRemoved whether this node is known to be no member any more
   * @param clock this node's own
   */
  GroupEndpoint(
      MemberConfig self,
      DivisionView view,
      ReplicatedState state,
      DiskUse diskUse,
      VoteHandOver votes,
      BooleanSupplier isRemoved,
      InstantSource clock) {
    this.self = self;
    this.view = view;
    this.state = state;
    this.diskUse = diskUse;
    this.votes = votes;
    this.isRemoved = isRemoved;
    this.clock = clock;
  }

  /** From now on others are told when this node's disk takes no entries. */
  void tellOf(DiskRoom room) {
    exhausted = room::isExhausted;
  }

  /** The log is there up to {@code lastEntry}; the division is made later. */
  void keeps(LogPosition lastEntry) {
    kept = lastEntry;
  }

  @Override
  public PeerTransport.PeerState state() {
    if (!view.isAttached() || isRemoved.getAsBoolean()) {
      LogPosition held = state.applied();
      LogPosition last = held.compareTo(kept) > 0 ? held : kept;
      return new PeerTransport.PeerState(
          Math.max(kept.term(), view.term()),
          last,
          -1,
          held,
          "",
          false,
          state.flushed().index(),
          -1,
          view.startedMillis(),
          false,
          clock.millis());
    }
    return new PeerTransport.PeerState(
        view.term(),
        view.lastEntry(),
        view.committedIndex(),
        state.applied(),
        view.leadership().leader(),
        view.voters().contains(self.nodeId()),
        state.flushed().index(),
        diskUse.bytes(),
        view.startedMillis(),
        exhausted.getAsBoolean(),
        clock.millis());
  }

  @Override
  public PeerIntroduction introduction() {
    Membership known = view.membership();
    Standing standing =
        isRemoved.getAsBoolean()
            ? Standing.REMOVED
            : !view.isAttached()
                ? Standing.ARRIVING
                : known.contains(self.nodeId()) ? Standing.MEMBER : Standing.JOINING;
    return new PeerIntroduction(standing, self, known);
  }

  @Override
  public LogPosition checkpoint(Path directory) throws IOException {
    return state.checkpoint(directory);
  }

  @Override
  public void keepVotes(long term, List<VotedTransaction> voted) {
    votes.keep(term, voted);
  }
}
