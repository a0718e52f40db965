package io.troika.client.internal.transaction;

import io.troika.api.v1.HistoryId;
import io.troika.client.BrokenException;
import io.troika.client.Freshness;
import io.troika.client.Tid;
import io.troika.client.internal.cache.HistoryGuard;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.Recency;
import io.troika.client.internal.codec.ValueCodec;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Finds the tid of a new view. Keeps the newest tid that this client has seen, below which no
 * SESSION view falls. Safe for any thread.
 */
final class ViewOpener {
  /** The feed tells of a commit about when it is acknowledged, mostly within a millisecond. */
  private static final Duration FOLLOW_MAX = Duration.ofMillis(5);

  private final StoreCalls calls;
  private final RevisionCache cache;
  private final HistoryGuard guard;
  private final StoreFeed feed;
  private final SharedBegin linearizable;
  private final AtomicReference<ViewStart> newestSeen =
      new AtomicReference<>(ViewStart.now(Tid.NONE, 0));

  ViewOpener(
      StoreCalls calls,
      RevisionCache cache,
      HistoryGuard guard,
      StoreFeed feed,
      SharedBegin.Timer timer) {
    this.calls = calls;
    this.cache = cache;
    this.feed = feed;
    this.guard = guard;
    this.linearizable =
        new SharedBegin(waited -> ask(Freshness.LINEARIZABLE, waited), System::nanoTime, timer);
  }

  /** The first one also begins to watch: who only writes needs no watch. */
  CompletableFuture<ViewStart> open(Freshness freshness) {
    feed.start();
    if (freshness == Freshness.LINEARIZABLE) {
      return linearizable.begin();
    }
    if (feed.isLive()) {
      long history = cache.history();
      ViewStart start = saw(cache.verified(), history);
      // Had another history taken over in between, the tid could belong to it.
      if (history == cache.history() && !start.tid().isNone()) {
        return CompletableFuture.completedFuture(ViewStart.now(start.tid(), history));
      }
    }
    return ask(Freshness.SESSION, Duration.ZERO);
  }

  /**
   * Whether the cache follows the feed up to a view. One ahead of what the feed has told would find
   * nothing of the cache current, and ask a node for each object that has not changed at all; so
   * its first reads wait a moment for the feed. Who only writes does not wait.
   */
  CompletableFuture<Boolean> whenCacheFollows(ViewStart start) {
    if (cache.verified().compareTo(start.tid()) >= 0) {
      return CompletableFuture.completedFuture(true);
    }
    long left = FOLLOW_MAX.toNanos() - (System.nanoTime() - start.openedNanos());
    if (left <= 0) {
      return CompletableFuture.completedFuture(false);
    }
    return feed.whenVerified(start.tid()).completeOnTimeout(false, left, TimeUnit.NANOSECONDS);
  }

  /** What a read of that freshness must include. */
  Recency recency(Freshness freshness) {
    return freshness == Freshness.LINEARIZABLE
        ? Recency.LINEARIZABLE
        : Recency.atLeast(newestSeen());
  }

  /** The newest tid of the present history that this client has seen. */
  Tid newestSeen() {
    return saw(Tid.NONE, cache.history()).tid();
  }

  /**
   * By what requests name a history, if any node has told of it.
   *
   * @throws io.troika.client.HistoryReplacedException if it is not the present one any more
   */
  Optional<HistoryId> nameOf(long history) {
    return guard.idOf(history).map(id -> ValueCodec.history(id.uuid(), id.epoch()));
  }

  /** A tid that this client has committed or read at; answers the newest one of that history. */
  ViewStart saw(Tid tid, long history) {
    return newestSeen.accumulateAndGet(ViewStart.now(tid, history), ViewOpener::newer);
  }

  private static ViewStart newer(ViewStart known, ViewStart seen) {
    if (known.history() != seen.history()) {
      return known.history() > seen.history() ? known : seen;
    }
    return known.tid().compareTo(seen.tid()) >= 0 ? known : seen;
  }

  private CompletableFuture<ViewStart> ask(Freshness freshness, Duration waited) {
    return calls.begin(recency(freshness), waited).thenCompose(begun -> enter(freshness, begun));
  }

  private CompletableFuture<ViewStart> enter(Freshness freshness, StoreCalls.Begun begun) {
    OptionalLong history = guard.enter(begun.storageUuid(), begun.epoch(), begun.tid());
    if (history.isPresent()) {
      saw(begun.tid(), history.getAsLong());
      return CompletableFuture.completedFuture(ViewStart.now(begun.tid(), history.getAsLong()));
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
