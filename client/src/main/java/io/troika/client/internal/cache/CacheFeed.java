package io.troika.client.internal.cache;

import io.troika.client.CachePolicy;
import io.troika.client.LeaderInfo;
import io.troika.client.Tid;
import io.troika.client.internal.Futures;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.FeedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a cache true by what a watch tells. Safe for any thread.
 *
 * <pre>
 *            Position            answer: what was missed
 *   DOWN ───────────────▶ ASKING ──────────────────────▶ LIVE
 *    ▲                      ▲  commits wait here            │  commits go to the cache
 *    │ stream ended         └──────────────────────────────┤  a newer term
 *    └──────────────────────────────────────────────────────┘  stream ended
 * </pre>
 *
 * <p>Only in LIVE does the verified tid go forward by commits. In the other states the cache serves
 * what it has proven before, and no more.
 */
public final class CacheFeed {
  /** Commits that may wait for an answer; with more, the stream begins anew. */
  static final int WAITING_MAX = 10_000;

  /** Views that may wait for a commit; more begin at once. */
  private static final int AWAITED_MAX = 10_000;

  private final RevisionCache cache;
  private final HistoryGuard guard;
  private final CachePolicy policy;
  private final String storage;
  private final Source source;
  private final Listeners listeners;
  private final ArrayDeque<FeedEvent.Committed> waiting = new ArrayDeque<>();
  private final PriorityQueue<Awaited> awaited =
      new PriorityQueue<>(Comparator.comparing(Awaited::tid));
  private State state = State.DOWN;
  private long question;
  private long followed;
  private long term;

  /** Where the stream began: what came before it will not be told by it. */
  private Tid position = Tid.NONE;

  private Tid previousHeartbeat = Tid.NONE;

  private enum State {
    DOWN,
    ASKING,
    LIVE
  }

  /** Somebody waits until the cache is verified up to a tid. */
  private record Awaited(Tid tid, CompletableFuture<Boolean> reached) {}

  /** Where the events come from. */
  public interface Source {
    /** Asks the leader what was changed after {@code since}, for a state of at least a tid. */
    CompletableFuture<FeedEvent.Missed> missed(Tid since, Tid atLeast);

    /** This stream can't be followed any further; the next one begins with a position. */
    void restart(String why);
  }

  /** Waits for the first event. */
  public CacheFeed(
      RevisionCache cache,
      HistoryGuard guard,
      CachePolicy policy,
      String storage,
      Source source,
      Listeners listeners) {
    this.cache = cache;
    this.guard = guard;
    this.policy = policy;
    this.storage = storage;
    this.source = source;
    this.listeners = listeners;
  }

  /** Whether the verified tid follows the commits now. */
  public synchronized boolean isLive() {
    return state == State.LIVE;
  }

  /**
   * Completes once the cache is verified up to {@code tid}; at once if it can't be said when that
   * will be. Never fails; may never complete, when the stream ends first.
   */
  public synchronized CompletableFuture<Boolean> whenVerified(Tid tid) {
    boolean reached = cache.verified().compareTo(tid) >= 0;
    if (reached || state != State.LIVE || awaited.size() == AWAITED_MAX) {
      return CompletableFuture.completedFuture(reached);
    }
    CompletableFuture<Boolean> future = new CompletableFuture<>();
    awaited.add(new Awaited(tid, future));
    return future;
  }

  /**
   * The watch tells something. Takes it in, in order; calls nobody.
   *
   * @return what has to be done about it, by a caller that holds no lock
   */
  public synchronized Runnable accept(FeedEvent event) {
    return take(event);
  }

  /** With the lock held; answers what has to be done without it. */
  private Runnable take(FeedEvent event) {
    if (event instanceof FeedEvent.Position position) {
      return begin(position);
    }
    if (event instanceof FeedEvent.Committed committed) {
      return commit(committed);
    }
    if (event instanceof FeedEvent.Leader changed) {
      return newTerm(changed.leader());
    }
    if (event instanceof FeedEvent.Heartbeat heartbeat) {
      return heartbeat(heartbeat);
    }
    end();
    return () -> {};
  }

  private Runnable begin(FeedEvent.Position begun) {
    end();
    OptionalLong history = guard.enter(begun.storageUuid(), begun.epoch(), begun.tid());
    if (history.isEmpty()) {
      return () -> source.restart("a node that has not heard of the newest history yet");
    }
    followed = history.getAsLong();
    term = begun.leader().term();
    position = begun.tid();
    if (cache.verified().isNone()) {
      cache.begin(followed, position);
      state = State.LIVE;
      return () -> {};
    }
    if (policy == CachePolicy.PURGE) {
      cache.restart(followed, position);
      state = State.LIVE;
      return () -> {};
    }
    return ask();
  }

  private Runnable commit(FeedEvent.Committed committed) {
    if (state == State.LIVE && followed != cache.history()) {
      end();
      return () -> source.restart("the storage has another history");
    }
    if (state == State.LIVE) {
      return apply(committed);
    }
    if (state == State.ASKING) {
      if (waiting.size() == WAITING_MAX) {
        end();
        return () -> source.restart("too many commits while the cache is verified");
      }
      waiting.addLast(committed);
    }
    return () -> {};
  }

  private Runnable apply(FeedEvent.Committed committed) {
    cache.committed(followed, committed.tid(), committed.oids());
    List<CompletableFuture<Boolean>> reached = reached();
    int objects = committed.oids().size();
    return () -> {
      reached.forEach(future -> future.complete(true));
      listeners.tell(listener -> listener.invalidated(storage, committed.tid(), objects));
    };
  }

  private List<CompletableFuture<Boolean>> reached() {
    if (awaited.isEmpty()) {
      return List.of();
    }
    Tid verified = cache.verified();
    List<CompletableFuture<Boolean>> reached = new ArrayList<>();
    for (Awaited next = awaited.peek();
        next != null && next.tid().compareTo(verified) <= 0;
        next = awaited.peek()) {
      awaited.remove();
      reached.add(next.reached());
    }
    return reached;
  }

  /**
   * The stream itself is unbroken, and what it tells is committed whoever leads. Still, nothing is
   * taken as current in a term in which it was not proven so.
   */
  private Runnable newTerm(LeaderInfo leader) {
    if (leader.term() <= term || state == State.DOWN) {
      return () -> {};
    }
    term = leader.term();
    if (policy == CachePolicy.PURGE) {
      cache.restart(followed, cache.verified());
      return () -> {};
    }
    return ask();
  }

  private Runnable heartbeat(FeedEvent.Heartbeat heartbeat) {
    if (state != State.LIVE) {
      return () -> {};
    }
    if (heartbeat.term() > term) {
      return newTerm(new LeaderInfo(heartbeat.term(), "", ""));
    }
    Tid expected = previousHeartbeat;
    previousHeartbeat = heartbeat.lastTid();
    if (expected.compareTo(cache.verified()) > 0) {
      // Told a whole heartbeat ago, and still not seen.
      end();
      return () -> source.restart("transaction " + expected + " was not told");
    }
    return () -> {};
  }

  private void end() {
    state = State.DOWN;
    question++;
    waiting.clear();
    awaited.clear();
    previousHeartbeat = Tid.NONE;
  }

  /** What was asked; the answer counts only while nothing else has been asked or told. */
  private record Question(long number, long pair, long history, Tid since) {}

  /** Whatever is asked again and again, the answer has to reach to where the stream begins. */
  private Runnable ask() {
    state = State.ASKING;
    question++;
    Question asked = new Question(question, listeners.nextNumber(), followed, cache.verified());
    Tid atLeast = position.compareTo(asked.since()) > 0 ? position : asked.since();
    return () -> {
      listeners.tell(
          listener -> listener.cacheVerificationStarted(asked.pair(), storage, asked.since()));
      Futures.whenDone(
          source.missed(asked.since(), atLeast),
          (missed, failure) -> answered(asked, missed, failure));
    };
  }

  private void answered(Question asked, FeedEvent.Missed missed, @Nullable Throwable failure) {
    long before = cache.size();
    OptionalLong dropped = OptionalLong.of(0);
    List<Runnable> after = List.of();
    synchronized (this) {
      if (asked.number() == question) {
        dropped = failure == null ? settle(asked, missed, before) : OptionalLong.empty();
        if (dropped.isEmpty()) {
          end();
        } else {
          after = goLive();
        }
      }
    }
    long lost = dropped.orElse(0);
    listeners.tell(
        listener ->
            listener.cacheVerificationFinished(
                asked.pair(), storage, cache.verified(), Math.max(0, before - lost), lost));
    after.forEach(Runnable::run);
    if (dropped.isEmpty()) {
      source.restart("the cache could not be verified: " + failure);
    }
  }

  /** How many objects are no longer current; empty if the answer is of no use. */
  private OptionalLong settle(Question asked, FeedEvent.Missed missed, long size) {
    OptionalLong history = guard.enter(missed.storageUuid(), missed.epoch(), missed.upTo());
    if (history.isEmpty() || history.getAsLong() != asked.history()) {
      return OptionalLong.empty();
    }
    if (missed.complete()) {
      return cache.verify(asked.history(), asked.since(), missed.upTo(), missed.oids());
    }
    cache.restart(asked.history(), missed.upTo());
    return OptionalLong.of(size);
  }

  private List<Runnable> goLive() {
    state = State.LIVE;
    List<Runnable> after = waiting.stream().map(this::apply).toList();
    waiting.clear();
    return after;
  }
}
