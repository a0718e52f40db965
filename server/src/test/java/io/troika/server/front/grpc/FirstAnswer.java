package io.troika.server.front.grpc;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Completes a future by the first answer of a call, or by its failure. */
record FirstAnswer<T>(CompletableFuture<T> future) implements StreamObserver<T> {
  FirstAnswer() {
    this(new CompletableFuture<>());
  }

  @Override
  public void onNext(T answer) {
    future.complete(answer);
  }

  @Override
  public void onError(Throwable failure) {
    future.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    // The answer was there before.
  }
}
