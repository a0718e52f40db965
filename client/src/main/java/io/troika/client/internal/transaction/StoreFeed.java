package io.troika.client.internal.transaction;

import io.troika.client.CachePolicy;
import io.troika.client.Tid;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.cache.CacheFeed;
import io.troika.client.internal.cache.HistoryGuard;
import io.troika.client.internal.cache.RevisionCache;
import io.troika.client.internal.codec.FeedEvent;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.WatchStream;
import java.util.concurrent.CompletableFuture;

/** The one watch of a storage, told to its cache and to the users' watches. Safe for any thread. */
final class StoreFeed {
  private final StoreCalls calls;
  private final CacheFeed feed;
  private final StoreWatches watches;
  private final WatchStream stream;

  /** Watches nothing before {@link #start}. */
  StoreFeed(
      StoreCalls calls,
      Cluster cluster,
      RevisionCache cache,
      HistoryGuard guard,
      CachePolicy policy,
      Listeners listeners,
      StoreWatches watches) {
    this.calls = calls;
    this.watches = watches;
    this.feed = new CacheFeed(cache, guard, policy, calls.storage(), new Source(), listeners);
    this.stream = new WatchStream(cluster, calls.storage(), this::accept);
  }

  /** Begins to watch, if it doesn't yet. */
  void start() {
    stream.start();
  }

  /** Whether the cache's verified tid follows the commits now. */
  boolean isLive() {
    return feed.isLive() && stream.isAlive();
  }

  /** See {@link CacheFeed#whenVerified}. */
  CompletableFuture<Boolean> whenVerified(Tid tid) {
    return feed.whenVerified(tid);
  }

  void close() {
    stream.close();
    watches.close();
  }

  private Runnable accept(FeedEvent event) {
    Runnable forCache = feed.accept(event);
    Runnable forUsers = watches.accept(event);
    return () -> {
      forCache.run();
      forUsers.run();
    };
  }

  private final class Source implements CacheFeed.Source {
    @Override
    public CompletableFuture<FeedEvent.Missed> missed(Tid since, Tid atLeast) {
      return calls.missed(since, atLeast);
    }

    @Override
    public void restart(String why) {
      stream.restart(why);
    }
  }
}
