package io.troika.server.raft.guards;

import io.troika.server.raft.diskspace.DiskRoom;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Takes no entries while this follower's disk has no room for them: it lags then, where Ratis would
 * stop it at the first write that fails. Heartbeats have a stream of their own and are taken, so
 * that it starts no election. The leader sends again and again, at the pace of its retries.
 */
public final class RoomGuard implements ServerInterceptor {
  private final DiskRoom room;

  public RoomGuard(DiskRoom room) {
    this.room = room;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    return new SimpleForwardingServerCallListener<>(listener) {
      private boolean refused;

      @Override
      public void onMessage(Q message) {
        if (refused) {
          return;
        }
        if (message instanceof AppendEntriesRequestProto request
            && request.getEntriesCount() > 0
            && room.isExhausted()) {
          refused = true;
          call.close(
              Status.RESOURCE_EXHAUSTED.withDescription("no room on the disk of this node"),
              new Metadata());
          return;
        }
        super.onMessage(message);
      }
    };
  }
}
