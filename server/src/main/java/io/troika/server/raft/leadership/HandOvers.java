package io.troika.server.raft.leadership;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Whether this node is handing its leadership over: from the moment at which Ratis is asked to, and
 * refuses commands, until it says how that has ended. Safe for any thread.
 */
public final class HandOvers {
  private final Object mutex = new Object();
  private int underWay; // guarded by mutex; two may hand over at once
  private volatile CompletableFuture<Void> over = CompletableFuture.completedFuture(null);

  /**
   * Makes the call that hands over.
   *
   * @return what the call does, once it counts here as ended
   */
  public <T> CompletableFuture<T> during(Supplier<CompletableFuture<T>> handOver) {
    begin();
    CompletableFuture<T> call;
    try {
      call = handOver.get();
    } catch (RuntimeException | Error e) {
      end();
      throw e;
    }
    return call.whenComplete((done, failure) -> end());
  }

  /**
   * Done unless there is one; see {@link io.troika.server.service.ports.ReplicatedLog#handOver}.
   */
  public CompletableFuture<Void> over() {
    return over;
  }

  private void begin() {
    synchronized (mutex) {
      if (underWay++ == 0) {
        over = new CompletableFuture<>();
      }
    }
  }

  private void end() {
    CompletableFuture<Void> ended = null;
    synchronized (mutex) {
      if (--underWay == 0) {
        ended = over;
      }
    }
    if (ended != null) {
      ended.complete(null);
    }
  }
}
