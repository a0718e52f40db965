package io.troika.client.internal.transaction;

import io.troika.client.internal.Futures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Questions for the newest tid, asked together: while one is under way, all who come wait for the
 * next one and share it. Nobody may share the one under way: its answer may have been fixed before
 * they came, and then it is not linearizable for them. The next one goes out when one is answered,
 * or somewhat after the one before: where the leader is far away one waits for a round trip and a
 * part of one, not for two. Safe for any thread.
 */
final class SharedBegin {
  /** Questions that are under way at the same time. */
  static final int OVERLAPPING_MAX = 8;

  /** Between two that overlap; longer than one takes in the same data centre. */
  static final Duration OVERLAP_AFTER = Duration.ofMillis(5);

  private final Function<Duration, CompletableFuture<ViewStart>> question;
  private final LongSupplier nanoTime;
  private final Timer timer;

  // Guarded by this.
  private int underWay;
  private long newestNanos; // when one was asked last
  private long tookNanos; // the last one that was answered
  private boolean timed;
  private @Nullable CompletableFuture<ViewStart> gathering; // then some are under way
  private long gatheringSinceNanos;

  /** Where something is done later. */
  interface Timer {
    /**
     * Runs it after a pause.
     *
     * @return false: it will not, as the client is being closed
     */
    boolean later(Runnable task, long nanos);
  }

  /**
   * @param question asks the leader; told how long its askers have waited before, it ends by itself
   *     within what is left of their deadline
   * @param nanoTime monotonic, in nanoseconds
   */
  SharedBegin(
      Function<Duration, CompletableFuture<ViewStart>> question,
      LongSupplier nanoTime,
      Timer timer) {
    this.question = question;
    this.nanoTime = nanoTime;
    this.timer = timer;
  }

  /** The newest tid at a moment between this call and its answer. */
  CompletableFuture<ViewStart> begin() {
    CompletableFuture<ViewStart> mine;
    CompletableFuture<ViewStart> answer;
    Duration waited;
    synchronized (this) {
      if (gathering == null) {
        gathering = new CompletableFuture<>();
        gatheringSinceNanos = nanoTime.getAsLong();
      }
      mine = gathering;
      answer = mine.copy();
      if (!mayAsk()) {
        return answer;
      }
      waited = leave();
    }
    ask(mine, waited);
    return answer;
  }

  /** Whether one more may be asked now. Otherwise it is later. Under the lock. */
  private boolean mayAsk() {
    if (underWay == 0) {
      return true;
    }
    if (underWay >= OVERLAPPING_MAX) {
      return false;
    }
    long apartNanos = Math.max(OVERLAP_AFTER.toNanos(), tookNanos / OVERLAPPING_MAX);
    long leftNanos = apartNanos - (nanoTime.getAsLong() - newestNanos);
    if (leftNanos > 0 && !timed) {
      timed = timer.later(this::overlap, leftNanos);
    }
    return leftNanos <= 0;
  }

  /** Those who gather are asked for now. Under the lock. */
  private Duration leave() {
    underWay++;
    gathering = null;
    newestNanos = nanoTime.getAsLong();
    return Duration.ofNanos(newestNanos - gatheringSinceNanos);
  }

  private void overlap() {
    CompletableFuture<ViewStart> next;
    Duration waited;
    synchronized (this) {
      timed = false;
      next = gathering;
      if (next == null || !mayAsk()) {
        return;
      }
      waited = leave();
    }
    ask(next, waited);
  }

  private void ask(CompletableFuture<ViewStart> target, Duration waited) {
    long askedNanos = nanoTime.getAsLong();
    CompletableFuture<ViewStart> asked;
    try {
      asked = question.apply(waited);
    } catch (RuntimeException e) {
      // The client was closed: this one is not under way, and nobody may wait for ever.
      asked = CompletableFuture.failedFuture(e);
    }
    Futures.whenDone(
        asked,
        (answer, reason) -> {
          // The next question goes out before those who got this answer go on.
          answered(askedNanos);
          Futures.settle(target, answer, reason);
        });
  }

  private void answered(long askedNanos) {
    CompletableFuture<ViewStart> next;
    Duration waited;
    synchronized (this) {
      tookNanos = nanoTime.getAsLong() - askedNanos;
      underWay--;
      next = gathering;
      if (next == null) {
        return;
      }
      waited = leave();
    }
    ask(next, waited);
  }
}
