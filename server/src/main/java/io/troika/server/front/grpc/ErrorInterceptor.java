package io.troika.server.front.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.troika.api.v1.ErrorDetail;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Gives every failed call a status with a detail of ours: what a method hands to {@code onError},
 * what it throws, errors of the virtual machine too, and messages that can't be read. Services
 * behind it need not know of gRPC's statuses.
 */
final class ErrorInterceptor implements ServerInterceptor {

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MappedCall<Q, R> mapped = new MappedCall<>(call);
    try {
      return new MappedListener<>(mapped, next.startCall(mapped, headers));
    } catch (RuntimeException | Error e) {
      mapped.fail(e);
      return new ServerCall.Listener<>() {};
    }
  }

  private static final class MappedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final AtomicBoolean closed = new AtomicBoolean();

    private MappedCall(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public void sendMessage(R message) {
      if (!closed.get()) {
        super.sendMessage(message);
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (status.isOk() || ErrorMapping.isMapped(trailers)) {
        closeOnce(status, trailers);
      } else if (status.getCause() != null) {
        fail(status.getCause());
      } else if (status.getCode() == Status.Code.INTERNAL) {
        // Said by the stub layer: no request, or more than one, in a unary call.
        fail(
            ErrorMapping.mistake(
                ErrorDetail.Code.INVALID_ARGUMENT, String.valueOf(status.getDescription())));
      } else {
        closeOnce(status, trailers); // of another service (health, reflection), in its own words
      }
    }

    private void fail(Throwable failure) {
      if (isCancelled()) {
        return; // nobody listens
      }
      StatusRuntimeException mapped = ErrorMapping.toStatus(failure);
      Metadata trailers = mapped.getTrailers();
      closeOnce(mapped.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    private void closeOnce(Status status, Metadata trailers) {
      if (closed.compareAndSet(false, true)) {
        super.close(status, trailers);
      }
    }
  }

  private static final class MappedListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final MappedCall<Q, ?> call;

    private MappedListener(MappedCall<Q, ?> call, ServerCall.Listener<Q> delegate) {
      super(delegate);
      this.call = call;
    }

    private void guarded(Runnable event) {
      try {
        event.run();
      } catch (RuntimeException | Error e) {
        call.fail(e);
      }
    }

    @Override
    public void onMessage(Q message) {
      guarded(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      guarded(super::onHalfClose);
    }

    @Override
    public void onReady() {
      guarded(super::onReady);
    }
  }
}
