package io.troika.server.front.grpc;

import com.google.protobuf.Message;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;
import io.troika.server.access.ClientRates;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A call of a client whose pace is limited: what goes through it counts in both directions, and of
 * a stream of requests the next one is taken when the client has paid for those before. A stream of
 * answers is not held up; what it costs is paid before the next call begins.
 */
final class RatedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  private final ClientRates.Client client;

  RatedCall(ServerCall<Q, R> call, ClientRates.Client client) {
    super(call);
    this.client = client;
  }

  /** For what the client sends. */
  ServerCall.Listener<Q> counting(ServerCall.Listener<Q> listener) {
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        client.transferred(((Message) message).getSerializedSize());
        super.onMessage(message);
      }
    };
  }

  @Override
  public void sendMessage(R message) {
    client.transferred(((Message) message).getSerializedSize());
    super.sendMessage(message);
  }

  /** May be called by any thread at any time, says gRPC. */
  @Override
  public void request(int count) {
    Duration wait = client.debt();
    if (wait.isZero()) {
      super.request(count);
    } else {
      CompletableFuture.delayedExecutor(wait.toNanos(), TimeUnit.NANOSECONDS)
          .execute(() -> super.request(count));
    }
  }
}
