package io.troika.server.front.zeo;

import io.troika.server.core.model.StorageState;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.wire.ServingGate;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Finds out for clients that wait whether this node can serve them: there is a leader that proves
 * itself, and this node has applied what that one has committed. One question at a time for all who
 * wait; nobody is refused, for a client would drop a node that says no. Safe for any thread.
 */
final class Readiness implements ServingGate {
  private static final Duration TRY_MAX = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final FrontContext context;
  private final Queue<CompletableFuture<Void>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile boolean closed;

  Readiness(FrontContext context) {
    this.context = context;
  }

  @Override
  public CompletableFuture<?> whenServing() {
    CompletableFuture<Void> served = new CompletableFuture<>();
    waiting.add(served);
    CompletableFuture<?> unused =
        served.whenComplete((done, failure) -> waiting.removeIf(CompletableFuture::isDone));
    askIfNeeded();
    return served;
  }

  private void askIfNeeded() {
    if (!closed && !waiting.isEmpty() && asking.compareAndSet(false, true)) {
      context.executor().execute(this::ask);
    }
  }

  private void ask() {
    List<CompletableFuture<Void>> asked = List.copyOf(waiting);
    CompletableFuture<?> unused =
        proof()
            .whenComplete(
                (done, failure) -> {
                  asking.set(false);
                  if (failure == null) {
                    asked.forEach(each -> each.complete(null));
                    askIfNeeded();
                  } else {
                    context.timer().schedule(PAUSE, this::askIfNeeded);
                  }
                });
  }

  private CompletableFuture<Void> proof() {
    List<StorageState> storages = context.service().reads().storages();
    if (storages.isEmpty()) {
      return CompletableFuture.failedFuture(new IllegalStateException("no storage yet"));
    }
    StorageState first = storages.get(0);
    return context
        .leader()
        .newestTid(first.name(), TRY_MAX)
        .thenCompose(tid -> context.service().reads().applied(first.id(), tid, TRY_MAX));
  }

  /** Asks no more; who waits is left to the listener. */
  void close() {
    closed = true;
  }
}
