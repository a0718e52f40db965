package io.troika.server.front.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.service.feed.FeedClient;

/**
 * Lets a watch know where it came from. Only watches: it costs something on each call, and nobody
 * asks of the others.
 */
final class CallerAddress implements ServerInterceptor {
  static final CallerAddress OF_WATCHES = new CallerAddress();

  private static final Context.Key<FeedClient> CALLER =
      Context.keyWithDefault("troika-caller", FeedClient.UNKNOWN);
  private static final String WATCH = ObjectStoreGrpc.getWatchMethod().getFullMethodName();

  private CallerAddress() {}

  /** Who made the call that this thread is in. */
  static FeedClient present() {
    return CALLER.get();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!call.getMethodDescriptor().getFullMethodName().equals(WATCH)) {
      return next.startCall(call, headers);
    }
    FeedClient caller =
        FeedClient.at("grpc", call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    return Contexts.interceptCall(Context.current().withValue(CALLER, caller), call, headers, next);
  }
}
