package io.troika.server.front.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.function.Supplier;

/**
 * Gives answers of the health service a header with the reason: the standard message has no place
 * for one.
 */
final class HealthReason implements ServerInterceptor {
  static final Metadata.Key<String> KEY =
      Metadata.Key.of("troika-health", Metadata.ASCII_STRING_MARSHALLER);

  private final Supplier<String> reason;

  HealthReason(Supplier<String> reason) {
    this.reason = reason;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendHeaders(Metadata answer) {
            answer.put(KEY, reason.get());
            super.sendHeaders(answer);
          }
        },
        headers);
  }
}
