package io.troika.server.raft;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/**
 * Sends entries to one follower as Ratis does, and paces the news of what is committed.
 *
 * <p>Ratis wakes an appender on each answer of its follower. If something has been committed
 * meanwhile, it tells the follower so at once in a message of its own, which doubles the messages
 * of a busy cluster although the next entry would have carried the news. If nothing has (the other
 * follower's answer is still to come), nothing wakes it later, and the follower hears of the commit
 * with the next heartbeat, a quarter of a second later. Here an answer alone wakes nobody: the news
 * goes with the next entry, or by itself {@link #NEWS_MILLIS} later.
 *
 * <p>Nor does it wait while its follower is down and has been sent all there is: without a stream
 * it always finds that it should send, and has nothing to. That took a whole core of the leader,
 * for up to the 20 s after which a follower counts as slow.
 */
final class PacedAppender extends GrpcLogAppender {
  /** How late a follower of an idle leader hears that its last entry is committed. */
  static final long NEWS_MILLIS = 3;

  /** A follower that is silent for longer hears no news between heartbeats. */
  private static final long SILENCE_MILLIS_MAX = 50;

  PacedAppender(RaftServer.Division server, LeaderState leaderState, FollowerInfo follower) {
    super(server, leaderState, follower);
  }

  @Override
  public void notifyLogAppender() {
    if (shouldSendAppendEntries()) {
      super.notifyLogAppender();
    }
  }

  @Override
  public long getWaitTimeMs() {
    if (hasNewsSoon()) {
      return Math.min(super.getWaitTimeMs(), NEWS_MILLIS);
    }
    return hasAppendEntries() ? super.getWaitTimeMs() : getHeartbeatWaitTimeMs();
  }

  private boolean hasNewsSoon() {
    return getFollower().getCommitIndex() < getRaftLog().getNextIndex() - 1
        && getFollower().getLastRpcResponseTime().elapsedTimeMs() < SILENCE_MILLIS_MAX;
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
