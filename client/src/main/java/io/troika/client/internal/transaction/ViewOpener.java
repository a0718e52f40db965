package io.troika.client.internal.transaction;

import io.troika.client.BrokenException;
import io.troika.client.Freshness;
import io.troika.client.Tid;
import io.troika.client.internal.cache.HistoryGuard;
import io.troika.client.internal.cache.RevisionCache;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Finds the tid of a new view. Keeps the newest tid that this client has seen, below which no
 * SESSION view falls. Safe for any thread.
 */
final class ViewOpener {
  private final StoreCalls calls;
  private final RevisionCache cache;
  private final HistoryGuard guard;
  private final BooleanSupplier followed;
  private final SharedBegin linearizable;
  private final AtomicLong newestSeen = new AtomicLong();

  /**
   * @param followed whether the cache's verified tid is kept up to date by a watch now
   */
  ViewOpener(StoreCalls calls, RevisionCache cache, BooleanSupplier followed) {
    this.calls = calls;
    this.cache = cache;
    this.followed = followed;
    this.guard = new HistoryGuard(cache, () -> newestSeen.set(0));
    this.linearizable = new SharedBegin(() -> ask(Freshness.LINEARIZABLE));
  }

  HistoryGuard guard() {
    return guard;
  }

  CompletableFuture<ViewStart> open(Freshness freshness) {
    if (freshness == Freshness.LINEARIZABLE) {
      return linearizable.begin();
    }
    if (followed.getAsBoolean()) {
      long history = cache.history();
      Tid tid = new Tid(Math.max(cache.verified().value(), newestSeen.get()));
      if (history == cache.history() && !tid.isNone()) {
        saw(tid, history);
        return CompletableFuture.completedFuture(new ViewStart(tid, history));
      }
    }
    return ask(Freshness.SESSION);
  }

  /** A tid that this client has committed or read at. */
  void saw(Tid tid, long history) {
    if (history == cache.history()) {
      newestSeen.accumulateAndGet(tid.value(), Math::max);
    }
  }

  private CompletableFuture<ViewStart> ask(Freshness freshness) {
    return calls
        .begin(freshness, new Tid(newestSeen.get()))
        .thenCompose(begun -> enter(freshness, begun));
  }

  private CompletableFuture<ViewStart> enter(Freshness freshness, StoreCalls.Begun begun) {
    OptionalLong history = guard.enter(begun.storageUuid(), begun.epoch(), begun.tid());
    if (history.isPresent()) {
      saw(begun.tid(), history.getAsLong());
      return CompletableFuture.completedFuture(new ViewStart(begun.tid(), history.getAsLong()));
    }
    if (freshness == Freshness.SESSION) {
      // A node that has not heard of the new history yet; the leader has.
      return linearizable.begin();
    }
    throw new BrokenException(
        "storage %s: the leader answers for %s epoch %s, but %s is known"
            .formatted(
                calls.storage(),
                begun.storageUuid(),
                begun.epoch(),
                guard.describe().orElse("nothing")),
        null);
  }
}
