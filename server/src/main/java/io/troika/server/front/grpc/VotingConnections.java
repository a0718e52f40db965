package io.troika.server.front.grpc;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.commit.SessionHolder;

/**
 * Lets a vote know which connection it came over, and says when that is gone: the votes that a node
 * forwarded for its clients should not outlive it.
 */
final class VotingConnections extends ServerTransportFilter implements ServerInterceptor {
  private static final Attributes.Key<SessionHolder> HOLDER =
      Attributes.Key.create("troika-session-holder");
  private static final Context.Key<SessionHolder> PRESENT =
      Context.keyWithDefault("troika-session-holder", SessionHolder.PRESENT);
  private static final String VOTE = ObjectStoreGrpc.getVoteMethod().getFullMethodName();

  private final StoreGroups groups;

  VotingConnections(StoreGroups groups) {
    this.groups = groups;
  }

  /** Whose vote this thread is in. */
  static SessionHolder present() {
    return PRESENT.get();
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    return attributes.toBuilder().set(HOLDER, new SessionHolder()).build();
  }

  @Override
  public void transportTerminated(Attributes attributes) {
    SessionHolder holder = attributes == null ? null : attributes.get(HOLDER);
    if (holder != null) {
      groups.all().forEach(service -> service.transactions().left(holder));
    }
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    SessionHolder holder = call.getAttributes().get(HOLDER);
    if (holder == null || !call.getMethodDescriptor().getFullMethodName().equals(VOTE)) {
      return next.startCall(call, headers);
    }
    return Contexts.interceptCall(
        Context.current().withValue(PRESENT, holder), call, headers, next);
  }
}
