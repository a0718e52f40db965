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
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.apache.ratis.util.AwaitForSignal;
import org.jspecify.annotations.Nullable;

/**
 * Sends entries to one follower as Ratis does, with two differences.
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
 */
public final class PacedAppender extends GrpcLogAppender implements Appenders.Appender {
  private final UntoldCommit untold = new UntoldCommit();
  private final AppenderSignal signal =
      new AppenderSignal(getFollowerId().toString(), this::hasToDo);

  PacedAppender(RaftServer.Division server, LeaderState leaderState, FollowerInfo follower) {
    super(server, leaderState, follower);
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

  @Override
  public Duration silence() {
    return Duration.ofMillis(getFollower().getLastRpcResponseTime().elapsedTimeMs());
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

  /** Called whenever the follower is not known to know the newest commit index. */
  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, heartbeat);
    boolean entries = request != null || hasPendingDataRequests();
    if (untold.isDue(getRaftLog().getLastCommittedIndex(), entries, System.nanoTime())) {
      request = super.newAppendEntriesRequest(callId, true);
    }
    if (request != null) {
      untold.told(request.getLeaderCommit(), System.nanoTime());
    }
    return request;
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
