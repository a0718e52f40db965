package io.troika.server.peer;

import io.troika.server.core.model.LogPosition;
import io.troika.server.peer.v1.Position;
import io.troika.server.peer.v1.StateAnswer;
import io.troika.server.raft.peers.PeerTransport.PeerState;

/** Generated messages to values of the ports, and back. */
final class Messages {
  private Messages() {}

  static StateAnswer toMessage(PeerState state) {
    return StateAnswer.newBuilder()
        .setTerm(state.term())
        .setLastEntry(toMessage(state.lastEntry()))
        .setCommittedIndex(state.committedIndex())
        .setApplied(toMessage(state.applied()))
        .setLeader(state.leader())
        .setVoter(state.voter())
        .setSnapshotIndex(state.snapshotIndex())
        .setDiskBytes(state.diskBytes())
        .setStartedMillis(state.startedMillis())
        .setFull(state.full())
        .setClockMillis(state.clockMillis())
        .build();
  }

  static PeerState fromMessage(StateAnswer answer) {
    return new PeerState(
        answer.getTerm(),
        fromMessage(answer.getLastEntry()),
        answer.getCommittedIndex(),
        fromMessage(answer.getApplied()),
        answer.getLeader(),
        answer.getVoter(),
        answer.getSnapshotIndex(),
        answer.getDiskBytes(),
        answer.getStartedMillis(),
        answer.getFull(),
        answer.getClockMillis());
  }

  static Position toMessage(LogPosition position) {
    return Position.newBuilder().setTerm(position.term()).setIndex(position.index()).build();
  }

  static LogPosition fromMessage(Position position) {
    return new LogPosition(position.getTerm(), position.getIndex());
  }
}
