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
 * Sends entries to one follower as Ratis does, but pauses when there is nothing to send. While a
 * follower is down and has been sent all there is, Ratis's appender does not wait at all: without a
 * stream it always finds that it should send, and has nothing to. That takes a whole core of the
 * leader, for up to the 20 s after which a follower counts as slow. Here it waits for the next
 * heartbeat or entry.
 */
final class PacedAppender extends GrpcLogAppender {
  PacedAppender(RaftServer.Division server, LeaderState leaderState, FollowerInfo follower) {
    super(server, leaderState, follower);
  }

  @Override
  public long getWaitTimeMs() {
    return hasAppendEntries() ? super.getWaitTimeMs() : getHeartbeatWaitTimeMs();
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
