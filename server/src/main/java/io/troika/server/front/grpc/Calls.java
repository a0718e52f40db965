package io.troika.server.front.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** What all calls share: how long the caller waits, and how an answer becomes a message. */
final class Calls {
  /** How long a call without a deadline may wait for something. */
  static final Duration PATIENCE_MAX = Duration.ofSeconds(60);

  private Calls() {}

  /** What is left of the present call's deadline, zero or more; bounded where there is none. */
  static Duration patience() {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return PATIENCE_MAX;
    }
    long nanos = Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    return Duration.ofNanos(Math.min(nanos, PATIENCE_MAX.toNanos()));
  }

  /**
   * Answers a unary call by what {@code call} completes with. Failures of any step go to the
   * observer as they are; the interceptor makes a status of them.
   */
  static <T, M> void answer(
      StreamObserver<M> observer, Supplier<CompletableFuture<T>> call, Function<T, M> toMessage) {
    answer(observer, call, toMessage, failure -> failure);
  }

  /** The same with a word in what a failure becomes. */
  static <T, M> void answer(
      StreamObserver<M> observer,
      Supplier<CompletableFuture<T>> call,
      Function<T, M> toMessage,
      Function<Throwable, Throwable> toFailure) {
    ignoreCancellation(observer);
    answerLater(observer, call, toMessage, toFailure);
  }

  /** The same when the method of the call has returned, as at the end of a client's stream. */
  static <T, M> void answerLater(
      StreamObserver<M> observer,
      Supplier<CompletableFuture<T>> call,
      Function<T, M> toMessage,
      Function<Throwable, Throwable> toFailure) {
    CompletableFuture<T> answer;
    try {
      answer = call.get();
    } catch (RuntimeException e) {
      observer.onError(toFailure.apply(e));
      return;
    }
    CompletableFuture<?> unused =
        answer.whenComplete(
            (value, failure) -> {
              if (failure != null) {
                observer.onError(toFailure.apply(failure));
                return;
              }
              M message;
              try {
                message = toMessage.apply(value);
              } catch (RuntimeException e) {
                observer.onError(toFailure.apply(e));
                return;
              }
              observer.onNext(message);
              observer.onCompleted();
            });
  }

  /** The same for what is answered at once. */
  static <M> void answerNow(StreamObserver<M> observer, Supplier<M> call) {
    ignoreCancellation(observer);
    M message;
    try {
      message = call.get();
    } catch (RuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onNext(message);
    observer.onCompleted();
  }

  /**
   * A call that its client gave up still runs to its end; with a handler set, answering it then is
   * no error. Only before the method of the call has returned.
   */
  static void ignoreCancellation(StreamObserver<?> observer) {
    ((ServerCallStreamObserver<?>) observer).setOnCancelHandler(() -> {});
  }
}
