package io.troika.client.internal;

import io.troika.client.BrokenException;
import io.troika.client.TroikaException;
import io.troika.client.UnavailableException;
import io.troika.client.internal.codec.MalformedAnswerException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The blocking and the asynchronous form of one operation, from one future. */
public final class Futures {
  private Futures() {}

  /** Waits for what a call answers that may be made again. */
  public static <T> T await(CompletableFuture<T> future) {
    return await(future, Futures::interrupted);
  }

  /**
   * Waits for what a call answers; calls end by themselves at their deadline.
   *
   * @param interrupted what to throw when the waiting thread is interrupted; it stays interrupted
   */
  public static <T> T await(
      CompletableFuture<T> future, Supplier<? extends TroikaException> interrupted) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      TroikaException failure = interrupted.get();
      failure.addSuppressed(e);
      throw failure;
    } catch (ExecutionException e) {
      throw atCaller(reason(e));
    }
  }

  /** For whoever is interrupted while it waits for nothing that commits. */
  public static UnavailableException interrupted() {
    return new UnavailableException("interrupted while waiting for an answer", null);
  }

  /** The same future for users: completes on their executor, and fails with the bare reason. */
  public static <T> CompletableFuture<T> onExecutor(
      CompletableFuture<T> future, Executor executor) {
    CompletableFuture<T> result = new CompletableFuture<>();
    whenDone(future, executor, (value, failure) -> settle(result, value, failure));
    return result;
  }

  /** Goes on, on the thread that completes the future, with a value or the bare reason. */
  public static <T> void whenDone(CompletableFuture<T> future, Continuation<T> continuation) {
    whenDone(future, Runnable::run, continuation);
  }

  /** Goes on, on the executor, with a value or the bare reason. */
  public static <T> void whenDone(
      CompletableFuture<T> future, Executor executor, Continuation<T> continuation) {
    // The stage itself is of no use to anyone: what the continuation throws is reported here.
    CompletableFuture<T> unused =
        future.whenCompleteAsync(
            (value, failure) -> {
              try {
                continuation.go(value, failure == null ? null : reason(failure));
              } catch (RuntimeException e) {
                Listeners.report(e);
              }
            },
            executor);
  }

  /**
   * What happens after a call: exactly one of the two is there.
   *
   * @param <T> what the call answers
   */
  @FunctionalInterface
  public interface Continuation<T> {
    void go(T value, @Nullable Throwable reason);
  }

  /** Completes one future as another has completed. */
  public static <T> void settle(CompletableFuture<T> target, T value, @Nullable Throwable reason) {
    if (reason != null) {
      target.completeExceptionally(reason);
    } else {
      target.complete(value);
    }
  }

  /** What really happened, without what CompletableFuture wrapped around it. */
  public static Throwable reason(Throwable failure) {
    Throwable reason = failure;
    while ((reason instanceof CompletionException || reason instanceof ExecutionException)
        && reason.getCause() != null) {
      reason = reason.getCause();
    }
    return reason instanceof MalformedAnswerException
        ? new BrokenException("an answer breaks the protocol: " + reason.getMessage(), reason)
        : reason;
  }

  /** An exception made on an event loop says nothing of who called; here the caller's stack is. */
  private static RuntimeException atCaller(Throwable reason) {
    if (reason instanceof Error error) {
      throw error;
    }
    if (reason instanceof TroikaException failure) {
      failure.fillInStackTrace();
    }
    return reason instanceof RuntimeException unchecked
        ? unchecked
        : new CompletionException(reason);
  }
}
