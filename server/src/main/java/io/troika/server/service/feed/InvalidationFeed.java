package io.troika.server.service.feed;

import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.feed.FeedEvent.Committed;
import io.troika.server.service.feed.FeedEvent.LeaderChanged;
import io.troika.server.service.feed.FeedEvent.Lost;
import io.troika.server.service.feed.FeedEvent.Position;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Tells subscribers what was committed, in tid order per storage, and who leads.
 *
 * <p>The applying thread only puts a notice into one bounded inbox. A task on the executor, never
 * more than one at a time, takes the notices in order and gives them to the subscriptions. While
 * these are few and take events on threads of their own, that is no more work than to call the
 * executor, so the applying thread does it: what it announces waits for one thread, not two. Safe
 * for any thread.
 */
public final class InvalidationFeed implements StateEvents.Listener {
  /** How long a subscriber hears nothing at most, give or take as much again. */
  static final Duration HEARTBEAT = Duration.ofSeconds(1);

  /** Notices between the applying thread and the subscriptions; beyond it all are lost. */
  static final int INBOX_MAX = 16_384;

  /** So many subscriptions may be served by the applying thread. */
  static final int FEW = 16;

  private final ReplicatedLog log;
  private final RevisionReader reader;
  private final LimitsConfig limits;
  private final ServiceTimer timer;
  private final Executor executor;
  private final List<FeedSubscription> subscriptions = new CopyOnWriteArrayList<>();

  private final Object mutex = new Object();
  private final ArrayDeque<Notice> inbox = new ArrayDeque<>(); // guarded by mutex
  private boolean isPumping; // guarded by mutex
  private boolean closed; // guarded by mutex

  /** Something to give to subscriptions: of one storage, or of all where it is null. */
  private record Notice(@Nullable StorageId storage, @Nullable FeedEvent event) {
    /** Time for heartbeats. */
    private static final Notice BEAT = new Notice(null, null);
  }

  public InvalidationFeed(
      ReplicatedLog log,
      RevisionReader reader,
      LimitsConfig limits,
      ServiceTimer timer,
      Executor executor) {
    this.log = log;
    this.reader = reader;
    this.limits = limits;
    this.timer = timer;
    this.executor = executor;
  }

  /** Begins to listen; once. */
  public void start(StateEvents events) {
    events.addListener(this);
    log.addLeadershipListener(
        leadership -> announce(new Notice(null, new LeaderChanged(leadership))));
    scheduleBeat();
  }

  /**
   * Subscribes to a storage from now on. The first event may be delivered before this returns.
   *
   * @throws OverloadedException if there are too many subscribers
   * @throws StoppingException after the service was closed
   */
  public FeedSubscription subscribe(StorageId storage, FeedSubscriber subscriber) {
    FeedSubscription[] self = new FeedSubscription[1];
    FeedSubscription subscription =
        new FeedSubscription(
            storage, subscriber, limits.watchBacklogEvents(), () -> subscriptions.remove(self[0]));
    self[0] = subscription;
    synchronized (mutex) {
      if (closed) {
        throw new StoppingException("this node stops");
      }
      if (subscriptions.size() >= limits.watchersMax()) {
        throw new OverloadedException(
            "%s watchers are open already".formatted(subscriptions.size()));
      }
      subscriptions.add(subscription);
    }
    StorageState state = reader.storage(storage);
    if (state == null) {
      subscription.cancel();
      throw new RequestRefusedException(Reason.UNKNOWN_STORAGE, storage + " is not there");
    }
    subscription.start(new Position(state, log.leadership()));
    return subscription;
  }

  /** How far each subscriber is, at most {@code max} of them. */
  public List<FeedClient.Position> clients(int max) {
    return subscriptions.stream().limit(max).map(FeedSubscription::position).toList();
  }

  /** How many listen. */
  public int subscriptionCount() {
    return subscriptions.size();
  }

  @Override
  public void committed(StorageId storage, List<TransactionRecord> transactions) {
    if (!subscriptions.isEmpty()) {
      announce(
          new Notice(
              storage,
              new Committed(transactions.stream().map(FeedEvent.Transaction::of).toList())),
          areFewWithThreads() ? Runnable::run : executor);
    }
  }

  @Override
  public void dropped(StorageId storage) {
    announce(new Notice(storage, new Lost("the storage was replaced, or dropped")));
  }

  @Override
  public void replaced() {
    announce(new Notice(null, new Lost("this node installed another state")));
  }

  private boolean areFewWithThreads() {
    return subscriptions.size() <= FEW
        && subscriptions.stream().allMatch(FeedSubscription::hasOwnThread);
  }

  private void announce(Notice notice) {
    announce(notice, executor);
  }

  private void announce(Notice notice, Executor pumping) {
    synchronized (mutex) {
      if (closed) {
        return;
      }
      if (inbox.size() >= INBOX_MAX) {
        inbox.clear();
        inbox.add(new Notice(null, new Lost("this node could not pass on events in time")));
      }
      inbox.add(notice);
      if (isPumping) {
        return;
      }
      isPumping = true;
    }
    pumping.execute(this::pump);
  }

  private void pump() {
    for (Notice notice = take(); notice != null; notice = take()) {
      for (FeedSubscription subscription : subscriptions) {
        if (notice.storage() == null || notice.storage().equals(subscription.storage())) {
          give(notice, subscription);
        }
      }
    }
  }

  /** A subscriber that fails must end neither the pump nor, where it pumps, the applying thread. */
  private void give(Notice notice, FeedSubscription subscription) {
    try {
      if (notice.event() != null) {
        subscription.offer(notice.event());
        return;
      }
      StorageState state = reader.storage(subscription.storage());
      if (state != null) {
        subscription.checkRights(state.name());
      }
      subscription.beat(log.leadership().term());
    } catch (RuntimeException e) {
      subscription.giveUp(e);
    }
  }

  private @Nullable Notice take() {
    synchronized (mutex) {
      Notice notice = inbox.poll();
      isPumping = notice != null;
      return notice;
    }
  }

  private void scheduleBeat() {
    timer.schedule(
        HEARTBEAT,
        () -> {
          if (!isClosed()) {
            announce(Notice.BEAT);
            scheduleBeat();
          }
        });
  }

  private boolean isClosed() {
    synchronized (mutex) {
      return closed;
    }
  }

  /** Ends all subscriptions with a Lost. */
  public void close() {
    synchronized (mutex) {
      closed = true;
      inbox.clear();
    }
    subscriptions.forEach(subscription -> subscription.offer(new Lost("this node stops")));
  }
}
