package io.troika.server.raft.guards;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;

/**
 * Ends an endless exchange (RATIS-2500): this follower's log ends right before the leader's first
 * entry, and the leader has purged the entry that it would name as the previous one. Then it asks
 * for ever "install a snapshot up to F - 1", and this follower answers for ever "I have that". When
 * the same request comes again, it is read as "up to F", which we do not have; so a checkpoint is
 * fetched, with which the leader can go on.
 */
public final class InstallGuard implements ServerInterceptor {

  /** Up to where a group's state is durable, as its log knows. */
  public interface SnapshotIndex {
    /** -1 if it has none; throws when this node has no such group (any more). */
    long of(RaftGroupIdProto group);
  }

  private final SnapshotIndex snapshotIndex;

  /** By group, the first index of the last request for what is here; groups take turns. */
  private final Map<RaftGroupIdProto, Long> alreadyInstalled = new ConcurrentHashMap<>();

  public InstallGuard(SnapshotIndex snapshotIndex) {
    this.snapshotIndex = snapshotIndex;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    if (!"installSnapshot".equals(call.getMethodDescriptor().getBareMethodName())) {
      return listener;
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        super.onMessage(adjust(message));
      }
    };
  }

  @SuppressWarnings("unchecked") // the same message type goes out as came in
  private <Q> Q adjust(Q message) {
    return message instanceof InstallSnapshotRequestProto request && request.hasNotification()
        ? (Q) adjust(request)
        : message;
  }

  InstallSnapshotRequestProto adjust(InstallSnapshotRequestProto request) {
    TermIndexProto first = request.getNotification().getFirstAvailableTermIndex();
    RaftGroupIdProto group = request.getServerRequest().getRaftGroupId();
    boolean loops = first.getIndex() > 0 && snapshotIndex.of(group) + 1 == first.getIndex();
    if (!loops) {
      return request;
    }
    Long before = alreadyInstalled.put(group, first.getIndex());
    if (before == null || before != first.getIndex()) {
      return request;
    }
    return request.toBuilder()
        .setNotification(
            request.getNotification().toBuilder()
                .setFirstAvailableTermIndex(first.toBuilder().setIndex(first.getIndex() + 1)))
        .build();
  }
}
