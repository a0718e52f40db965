package io.troika.server.admin;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
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
                    observer.onError(failure);
                  } else {
                    observer.onNext(message);
                    observer.onCompleted();
                  }
                });
  }
}
