package io.troika.server.admin;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.server.service.refusals.FailureCause;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** Answers calls when what they asked for is done. */
final class Answers {
  private Answers() {}

  /** Failures are handed on as they are. */
  static <T, M> void answer(
      StreamObserver<M> observer, Supplier<CompletableFuture<T>> call, Function<T, M> toMessage) {
    // With a handler set, answering a call that was given up is no error.
    ((ServerCallStreamObserver<M>) observer).setOnCancelHandler(() -> {});
    CompletableFuture<?> unused =
        call.get()
            .thenApply(toMessage)
            .whenComplete(
                (message, failure) -> {
                  if (failure != null) {
                    observer.onError(outermost(failure));
                  } else {
                    observer.onNext(message);
                    observer.onCompleted();
                  }
                });
  }

  /**
   * As what gRPC takes for the failure. It looks among all causes for a status, and would tell that
   * of a call to another node, which this one made on the way, in place of what came of it.
   */
  private static Throwable outermost(Throwable failure) {
    Throwable own = FailureCause.of(failure);
    return own instanceof StatusRuntimeException || own instanceof StatusException
        ? own
        : Status.UNKNOWN.withCause(own).asRuntimeException();
  }
}
