package io.troika.client.internal.transaction;

import io.troika.client.internal.Futures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Questions for the newest tid, asked together: while one is under way, all who come wait for the
 * next one and share it. Nobody may share the one under way: its answer may have been fixed before
 * they came, and then it is not linearizable for them. Safe for any thread.
 */
final class SharedBegin {
  private final Function<Duration, CompletableFuture<ViewStart>> question;
  private boolean underWay;
  private @Nullable CompletableFuture<ViewStart> gathering;
  private long gatheringSinceNanos;

  /**
   * @param question asks the leader; told how long its askers have waited before, it ends by itself
   *     within what is left of their deadline
   */
  SharedBegin(Function<Duration, CompletableFuture<ViewStart>> question) {
    this.question = question;
  }

  /** The newest tid at a moment between this call and its answer. */
  CompletableFuture<ViewStart> begin() {
    CompletableFuture<ViewStart> mine;
    synchronized (this) {
      if (underWay) {
        if (gathering == null) {
          gathering = new CompletableFuture<>();
          gatheringSinceNanos = System.nanoTime();
        }
        return gathering.copy();
      }
      underWay = true;
      mine = new CompletableFuture<>();
    }
    CompletableFuture<ViewStart> answer = mine.copy();
    ask(mine, Duration.ZERO);
    return answer;
  }

  private void ask(CompletableFuture<ViewStart> target, Duration waited) {
    CompletableFuture<ViewStart> asked;
    try {
      asked = question.apply(waited);
    } catch (RuntimeException e) {
      // The client was closed: nothing is under way any more, and nobody may wait for ever.
      asked = CompletableFuture.failedFuture(e);
    }
    Futures.whenDone(
        asked,
        (answer, reason) -> {
          // The next question goes out before those who got this answer go on.
          askNext();
          Futures.settle(target, answer, reason);
        });
  }

  private void askNext() {
    CompletableFuture<ViewStart> next;
    Duration waited;
    synchronized (this) {
      next = gathering;
      waited = Duration.ofNanos(System.nanoTime() - gatheringSinceNanos);
      gathering = null;
      underWay = next != null;
    }
    if (next != null) {
      ask(next, waited);
    }
  }
}
