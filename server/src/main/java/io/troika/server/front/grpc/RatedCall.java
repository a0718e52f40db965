package io.troika.server.front.grpc;

import com.google.protobuf.Message;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;
import io.troika.server.access.ClientRates;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A call of a client whose pace is limited: what goes through it counts in both directions. Of a
 * stream of requests the next one is taken when the client has paid for those before, and a long
 * stream of answers goes on when it has: until then the call says that it is not ready.
 */
final class RatedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
  /**
   * So much is answered without a pause, and paid before the next call: the Java client reads in
   * calls of half of it, each of which has little time.
   */
  static final long UNPACED_BYTES = 2 << 20;

  private final ClientRates.Client client;
  private final Executor executor;
  private final boolean pacing;
  private final AtomicLong answeredBytes = new AtomicLong();
  private final AtomicBoolean resuming = new AtomicBoolean();
  private volatile Runnable resume = () -> {};

  /**
   * @param executor where a stream of answers goes on after a pause
   * @param pacing whether a stream of answers is held up at all
   */
  RatedCall(ServerCall<Q, R> call, ClientRates.Client client, Executor executor, boolean pacing) {
    super(call);
    this.client = client;
    this.executor = executor;
    this.pacing = pacing;
  }

  /** For what the client sends. */
  ServerCall.Listener<Q> counting(ServerCall.Listener<Q> listener) {
    resume = listener::onReady;
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
    int size = ((Message) message).getSerializedSize();
    answeredBytes.addAndGet(size);
    client.transferred(size);
    super.sendMessage(message);
  }

  /** Whoever is told that it is not hears again when it is. */
  @Override
  public boolean isReady() {
    if (!super.isReady()) {
      return false;
    }
    if (!pacing || answeredBytes.get() < UNPACED_BYTES || isCancelled()) {
      return true;
    }
    Duration wait = client.debt();
    if (wait.isZero()) {
      return true;
    }
    if (resuming.compareAndSet(false, true)) {
      CompletableFuture.delayedExecutor(wait.toNanos(), TimeUnit.NANOSECONDS, executor)
          .execute(
              () -> {
                resuming.set(false);
                resume.run();
              });
    }
    return false;
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
