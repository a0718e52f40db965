package io.troika.server.raft.guards;

import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Refuses what Ratis's port offers to clients and operators (entries, membership, removal of
 * groups): ours come in by our own front, in this process.
 */
public final class PeersOnlyGuard implements ServerInterceptor {
  private static final String PEER_SERVICE = "ratis.grpc.RaftServerProtocolService";

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (PEER_SERVICE.equals(call.getMethodDescriptor().getServiceName())) {
      return next.startCall(call, headers);
    }
    call.close(
        Status.PERMISSION_DENIED.withDescription("this port is for Raft peers only"),
        new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
