package io.troika.server.raft.division;

import io.troika.server.service.refusals.StoppingException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/**
 * How far the state shows the log, and those who wait for it to come further. Safe for any thread;
 * {@code waiters} is its own lock. A waiter completes on the thread that calls {@link #advance}.
 */
public final class AppliedIndex {
  private record Waiter(long index, CompletableFuture<Void> reached) {}

  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::index));
  private volatile long applied;
  private boolean stopped;

  public AppliedIndex(long applied) {
    this.applied = applied;
  }

  long get() {
    return applied;
  }

  CompletableFuture<Void> whenReached(long index) {
    if (index <= applied) {
      return CompletableFuture.completedFuture(null);
    }
    Waiter waiter = new Waiter(index, new CompletableFuture<>());
    synchronized (waiters) {
      if (stopped) {
        return CompletableFuture.failedFuture(stopping());
      }
      // Read again inside: advance() may have passed between the first look and here.
      if (index <= applied) {
        return CompletableFuture.completedFuture(null);
      }
      waiters.add(waiter);
    }
    return waiter.reached();
  }

  /** Called by the thread that applies, after the effects of {@code index} are visible. */
  public void advance(long index) {
    List<Waiter> reached = new ArrayList<>();
    synchronized (waiters) {
      applied = index;
      for (Waiter next = waiters.peek();
          next != null && next.index() <= index;
          next = waiters.peek()) {
        reached.add(waiters.remove());
      }
    }
    reached.forEach(waiter -> waiter.reached().complete(null));
  }

  /**
   * Fails all who wait, now and later, with {@link StoppingException}: this node will not come to
   * where they wait for, another one may.
   */
  public void stop() {
    List<Waiter> left;
    synchronized (waiters) {
      stopped = true;
      left = List.copyOf(waiters);
      waiters.clear();
    }
    left.forEach(waiter -> waiter.reached().completeExceptionally(stopping()));
  }

  private static StoppingException stopping() {
    return new StoppingException("this node's part in the Raft group has stopped");
  }
}
