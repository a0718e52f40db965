package io.troika.server.raft.replication;

import java.io.IOException;
import java.time.Duration;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.util.AwaitForSignal;
import org.jspecify.annotations.Nullable;

/**
 * Sends entries to one follower as Ratis does, with three differences.
 *
 * <p>It pauses when there is nothing to send. While a follower is down and has been sent all there
 * is, Ratis's appender does not wait at all: without a stream it always finds that it should send,
 * and has nothing to. That takes a whole core of the leader, for up to the 20 s after which a
 * follower counts as slow. Here it waits for the next heartbeat or entry.
 *
 * <p>It tells a follower soon that an entry is committed. Ratis does so with the next entry or
 * heartbeat, which for the last entry before a pause may be a quarter of a second later; until then
 * whoever waits for it on that follower waits. Here a heartbeat goes out once there was no entry to
 * tell it with for {@link UntoldCommit#MAX_MILLIS}, and at once if somebody is known to wait
 * ({@link Appenders}).
 *
 * <p>Over a slow link it sends little at once ({@link AppendPace}), and heartbeats meanwhile.
 */
public final class PacedAppender extends GrpcLogAppender implements Appenders.Appender {
  private final UntoldCommit untold = new UntoldCommit();
  private final AppenderSignal signal =
      new AppenderSignal(getFollowerId().toString(), this::hasToDo);
  private final AppendPace pace;

  PacedAppender(RaftServer.Division server, LeaderState leaderState, FollowerInfo follower) {
    super(server, leaderState, follower);
    this.pace =
        new AppendPace(
            RaftServerConfigKeys.Log.Appender.bufferByteLimit(
                    server.getRaftServer().getProperties())
                .getSizeInt());
  }

  /** Also to end. What comes after the end must not ask the log, which is closed then. */
  private boolean hasToDo() {
    return !isRunning() || shouldSendAppendEntries() || untold.isAwaited();
  }

  /** See {@link AppenderSignal}. */
  @Override
  public AwaitForSignal getEventAwaitForSignal() {
    return signal;
  }

  @Override
  public void run() throws IOException {
    Appenders appenders = ((Appenders.Owner) getServer().getStateMachine()).appenders();
    appenders.add(this);
    try {
      super.run();
    } finally {
      appenders.remove(this);
    }
  }

  @Override
  public String follower() {
    return getFollowerId().toString();
  }

  /** Heartbeats have a connection of their own: their answers say nothing of that for entries. */
  @Override
  public Duration silence() {
    Duration sinceAnswer =
        Duration.ofMillis(getFollower().getLastRpcResponseTime().elapsedTimeMs());
    Duration overdue = pace.overdue(getFollower().getMatchIndex(), System.nanoTime());
    return sinceAnswer.compareTo(overdue) > 0 ? sinceAnswer : overdue;
  }

  private boolean mayAppend() {
    return pace.mayAppend(getFollower().getMatchIndex(), System.nanoTime());
  }

  /**
   * Also those that Ratis has given up, after 3 s, and that may still be on their way. While there
   * are any, a heartbeat must not ask for what comes before the next entry: the answer would be
   * that it is not there, and all would be sent again. What was lost with its connection is found
   * out by just that.
   */
  @Override
  public boolean hasPendingDataRequests() {
    return super.hasPendingDataRequests()
        || (!mayAppend() && pace.mayBeUnderWay(getFollower().getMatchIndex(), System.nanoTime()));
  }

  @Override
  public void replace() {
    getLeaderState().restart(this);
  }

  @Override
  public void tellSoon() {
    untold.await(getRaftLog().getLastCommittedIndex());
    notifyLogAppender();
  }

  @Override
  public long getWaitTimeMs() {
    if (!mayAppend()) {
      return getHeartbeatWaitTimeMs();
    }
    if (hasAppendEntries()) {
      return super.getWaitTimeMs();
    }
    return untold.waitMillis(
        getHeartbeatWaitTimeMs(),
        hasPendingDataRequests(),
        getFollower().getNextIndex() - 1,
        getRaftLog().getLastCommittedIndex(),
        System.nanoTime());
  }

  /**
   * Called whenever there are entries that were not sent, or the follower is not known to know the
   * newest commit index; under the lock below which the follower's indices are changed.
   */
  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    AppendEntriesRequestProto request = entriesOrHeartbeat(callId, heartbeat);
    boolean entries = request != null || hasPendingDataRequests();
    if (untold.isDue(getRaftLog().getLastCommittedIndex(), entries, System.nanoTime())) {
      request = super.newAppendEntriesRequest(callId, true);
    }
    if (request != null) {
      untold.told(request.getLeaderCommit(), System.nanoTime());
    }
    return request;
  }

  private @Nullable AppendEntriesRequestProto entriesOrHeartbeat(long callId, boolean heartbeat)
      throws RaftLogIOException {
    pace.settle(getFollower().getMatchIndex(), getFollower().getNextIndex(), System.nanoTime());
    if (!heartbeat && !mayAppend() && getHeartbeatWaitTimeMs() > 0) {
      return null;
    }
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, heartbeat);
    if (request == null || request.getEntriesCount() == 0) {
      return request;
    }
    int count = pace.send(request.getEntriesList(), System.nanoTime());
    return count == request.getEntriesCount()
        ? request
        : request.toBuilder()
            .clearEntries()
            .addAllEntries(request.getEntriesList().subList(0, count))
            .build();
  }

  /** Ratis's gRPC transport with this appender; Ratis makes it, by name, from its properties. */
  public static final class Transport implements RpcType {
    @Override
    public String name() {
      return Transport.class.getName();
    }

    @Override
    public RpcFactory newFactory(Parameters parameters) {
      return new GrpcFactory(parameters) {
        @Override
        public LogAppender newLogAppender(
            RaftServer.Division server, LeaderState leaderState, FollowerInfo follower) {
          return new PacedAppender(server, leaderState, follower);
        }
      };
    }
  }
}
