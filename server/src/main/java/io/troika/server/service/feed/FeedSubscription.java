package io.troika.server.service.feed;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.service.feed.FeedEvent.Committed;
import io.troika.server.service.feed.FeedEvent.Heartbeat;
import io.troika.server.service.feed.FeedEvent.Lost;
import io.troika.server.service.feed.FeedEvent.Position;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber with what it has not taken yet, at most a fixed number of events: beyond it the
 * backlog is replaced by a Lost. Safe for any thread.
 *
 * <p>The backlog is guarded by the monitor; the subscriber is called outside of it, on its own
 * thread, or by whichever finds work and no other at it ({@link #turn}).
 */
public final class FeedSubscription {
  private static final Logger LOG = LoggerFactory.getLogger(FeedSubscription.class);

  private final StorageId storage;
  private final FeedSubscriber subscriber;
  private final int backlogMax;
  private final Runnable onEnd;
  private final @Nullable Executor thread;

  private final ArrayDeque<FeedEvent> backlog = new ArrayDeque<>();

  /** What {@link #start} was told, null before: until then transactions are kept unfiltered. */
  private @Nullable Tid start;

  private Tid lastTid = Tid.NONE;
  private Tid told = Tid.NONE;
  private boolean quiet;
  private boolean lost;
  private boolean ended;

  /** How many threads came to deliver while one was at it, and that one; 0 when none is. */
  private final AtomicInteger turn = new AtomicInteger();

  FeedSubscription(StorageId storage, FeedSubscriber subscriber, int backlogMax, Runnable onEnd) {
    this.storage = storage;
    this.subscriber = subscriber;
    this.backlogMax = backlogMax;
    this.onEnd = onEnd;
    this.thread = subscriber.thread();
  }

  StorageId storage() {
    return storage;
  }

  /** How far it is, for operators. */
  synchronized FeedClient.Position position() {
    return new FeedClient.Position(subscriber.client(), storage, told, backlog.size());
  }

  /** Goes on delivering after the subscriber was not ready. */
  public void resume() {
    deliver();
  }

  /** Ends it without another event. An event that is being delivered may still arrive. */
  public void cancel() {
    synchronized (this) {
      ended = true;
      backlog.clear();
    }
    onEnd.run();
  }

  /** Ends it with a Lost, in place of the backlog. */
  public void lose(String reason) {
    offer(new Lost(reason));
  }

  /**
   * Sets where it starts. Transactions offered before are dropped if the position includes them:
   * the subscription is entered before the position is read, so none is missed in between. What
   * became visible at once is included as a whole or not at all.
   */
  void start(Position position) {
    synchronized (this) {
      start = position.storage().lastTid();
      Tid from = start;
      backlog.removeIf(
          event ->
              event instanceof Committed committed && committed.lastTid().compareTo(from) <= 0);
      lastTid = from.compareTo(lastTid) > 0 ? from : lastTid;
      if (!lost) {
        backlog.addFirst(position);
      }
    }
    deliver();
  }

  void offer(FeedEvent event) {
    synchronized (this) {
      if (ended || lost || !isNews(event)) {
        return;
      }
      quiet = false;
      if (event instanceof Lost last) {
        replaceBacklogBy(last);
      } else if (backlog.size() >= backlogMax && backlog.size() >= dueMax()) {
        replaceBacklogBy(
            new Lost(
                "%s events were not taken in time, the limit is %s"
                    .formatted(backlog.size() + 1, backlogMax)));
      } else {
        backlog.add(event);
      }
    }
    deliver();
  }

  /** How many may wait for the subscriber's thread, which will take them as soon as it can. */
  private int dueMax() {
    return thread != null && subscriber.isReady() ? InvalidationFeed.INBOX_MAX : 0;
  }

  private boolean isNews(FeedEvent event) {
    if (!(event instanceof Committed committed)) {
      return true;
    }
    if (start != null && committed.lastTid().compareTo(start) <= 0) {
      return false;
    }
    lastTid = committed.lastTid();
    return true;
  }

  private void replaceBacklogBy(Lost event) {
    lost = true;
    backlog.clear();
    backlog.add(event);
  }

  /** Ends it if its subscriber has lost its rights. */
  void checkRights(String storageName) {
    if (!subscriber.isAllowed(storageName)) {
      lose("who listens is not allowed that of storage '%s' any more".formatted(storageName));
    }
  }

  /** Offers a heartbeat if nothing was offered since the last call. */
  void beat(long term) {
    synchronized (this) {
      boolean due = quiet && start != null && backlog.isEmpty() && !ended && !lost;
      quiet = true;
      if (!due) {
        return;
      }
      backlog.add(new Heartbeat(lastTid, term));
    }
    deliver();
  }

  boolean hasOwnThread() {
    return thread != null;
  }

  private void deliver() {
    if (turn.getAndIncrement() != 0) {
      return; // the thread that is at it, or about to be, looks once more
    }
    if (thread == null) {
      deliverAll();
      return;
    }
    try {
      thread.execute(this::deliverAll);
    } catch (RejectedExecutionException e) {
      failed(e); // it has ended, and its connection with it
    }
  }

  private void deliverAll() {
    int seen = 1;
    do {
      try {
        deliverWhileReady();
      } catch (RuntimeException e) {
        failed(e);
      }
      seen = turn.addAndGet(-seen);
    } while (seen != 0);
  }

  /** Ends it by a Lost: one bad subscriber must not keep the others from their events. */
  void giveUp(RuntimeException cause) {
    LOG.warn("A subscriber of {} failed; it hears no more than that", storage, cause);
    lose("this node failed to pass on an event: " + cause);
  }

  /** As {@link #giveUp}, by whoever has the turn and found that it takes no events. */
  private void failed(RuntimeException cause) {
    LOG.warn("A subscriber of {} failed; its subscription ends", storage, cause);
    cancel();
    try {
      subscriber.failed(cause);
    } catch (RuntimeException e) {
      LOG.warn("A subscriber of {} could not be told that it failed", storage, e);
    }
  }

  private void deliverWhileReady() {
    for (FeedEvent event = next(subscriber.isReady());
        event != null;
        event = next(subscriber.isReady())) {
      subscriber.deliver(event);
      told(event);
      if (event instanceof Lost) {
        cancel();
      }
    }
  }

  private void told(FeedEvent event) {
    if (event instanceof Committed committed) {
      told(committed.lastTid());
    } else if (event instanceof Position position) {
      told(position.storage().lastTid());
    }
  }

  private synchronized void told(Tid tid) {
    told = tid;
  }

  private synchronized @Nullable FeedEvent next(boolean ready) {
    if (ended || (start == null && !lost)) {
      return null;
    }
    return lost || ready ? backlog.poll() : null;
  }
}
