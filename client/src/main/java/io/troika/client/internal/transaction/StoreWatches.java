package io.troika.client.internal.transaction;

import io.troika.client.LeaderInfo;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaException;
import io.troika.client.Watch;
import io.troika.client.WatchListener;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.FeedEvent;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The users' watches of one storage, fed by the same stream as the cache. What was committed
 * between two streams is read from the transaction log, so that each listener is told of every
 * transaction once and in order. Safe for any thread.
 */
final class StoreWatches {
  /** Events that wait for one listener; what is dropped is read from the log again. */
  static final int WAITING_MAX = 10_000;

  private final Executor users;
  private final Log log;
  private final Function<FeedEvent.Position, OptionalLong> histories;
  private final Set<Mailbox> mailboxes = ConcurrentHashMap.newKeySet();

  /** Reads committed transactions, blocking, with none missing up to {@code atLeast}. */
  @FunctionalInterface
  interface Log {
    Stream<TransactionRecord> read(TransactionQuery query, Tid atLeast);
  }

  /**
   * @param histories the number of the history that a position is of; none: it was replaced, and
   *     what tells of it is no source
   */
  StoreWatches(Executor users, Log log, Function<FeedEvent.Position, OptionalLong> histories) {
    this.users = users;
    this.log = log;
    this.histories = histories;
  }

  /**
   * A new watch.
   *
   * @param now asks for the newest state; the listener is told of what comes after
   */
  Watch add(WatchListener listener, Supplier<ViewStart> now) {
    Mailbox mailbox = new Mailbox(listener);
    // Events are kept from here on, so none is lost between the answer and the first delivery.
    mailboxes.add(mailbox);
    try {
      mailbox.startAfter(now.get());
    } catch (RuntimeException e) {
      mailbox.close();
      throw e;
    }
    return mailbox;
  }

  /** Takes in what the stream tells; calls nobody. The result, run later, tells the listeners. */
  Runnable accept(FeedEvent event) {
    boolean ofInterest =
        event instanceof FeedEvent.Committed
            || event instanceof FeedEvent.Position
            || event instanceof FeedEvent.Leader;
    if (!ofInterest || mailboxes.isEmpty()) {
      return () -> {};
    }
    OptionalLong history =
        event instanceof FeedEvent.Position position
            ? histories.apply(position)
            : OptionalLong.of(0);
    if (history.isEmpty()) {
      return () -> {};
    }
    Waiting waiting = new Waiting(event, history.getAsLong());
    mailboxes.forEach(mailbox -> mailbox.put(waiting));
    return () -> mailboxes.forEach(Mailbox::deliver);
  }

  void close() {
    mailboxes.forEach(Mailbox::close);
  }

  /** What is to be told; of a position, which history it is of. */
  private record Waiting(FeedEvent event, long history) {}

  /** What waits for one listener; one thread at a time empties it. */
  private final class Mailbox implements Watch {
    private final WatchListener listener;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private boolean overflown;
    private boolean delivering = true;
    private boolean closed;

    /** Up to where it was told, and of which history: only the delivering thread uses them. */
    private Tid told = Tid.NONE;

    private long toldHistory;

    Mailbox(WatchListener listener) {
      this.listener = listener;
    }

    void startAfter(ViewStart start) {
      synchronized (this) {
        told = start.tid();
        toldHistory = start.history();
        delivering = false;
      }
      deliver();
    }

    @Override
    public void close() {
      synchronized (this) {
        closed = true;
        waiting.clear();
      }
      mailboxes.remove(this);
    }

    private synchronized boolean isClosed() {
      return closed;
    }

    synchronized void put(Waiting next) {
      if (closed) {
        return;
      }
      if (waiting.size() >= WAITING_MAX) {
        dropCommits();
      }
      waiting.addLast(next);
    }

    /** They are in the log. That another history has begun is not: the last position stays. */
    private void dropCommits() {
      Waiting position = null;
      for (Waiting each : waiting) {
        position = each.event() instanceof FeedEvent.Position ? each : position;
      }
      waiting.clear();
      overflown = true;
      if (position != null) {
        waiting.addLast(position);
      }
    }

    void deliver() {
      synchronized (this) {
        if (delivering || closed || waiting.isEmpty()) {
          return;
        }
        delivering = true;
      }
      users.execute(this::empty);
    }

    private void empty() {
      try {
        for (Runnable next = next(); next != null; next = next()) {
          next.run();
        }
      } catch (RuntimeException e) {
        if (!isClosed()) {
          close();
          Listeners.report(e);
        }
      }
    }

    private @Nullable Runnable next() {
      synchronized (this) {
        Waiting next = closed ? null : waiting.pollFirst();
        if (next == null) {
          delivering = false;
          return null;
        }
        boolean dropped = overflown && next.event() instanceof FeedEvent.Committed;
        overflown &= !dropped;
        return () -> tell(next, dropped);
      }
    }

    private void tell(Waiting next, boolean dropped) {
      FeedEvent event = next.event();
      if (event instanceof FeedEvent.Position position) {
        begin(position, next.history());
      } else if (event instanceof FeedEvent.Leader changed) {
        listener.onLeader(changed.leader());
      } else if (event instanceof FeedEvent.Committed committed) {
        if (dropped) {
          catchUp(new Tid(committed.tid().value() - 1));
        }
        tellOf(committed.tid(), committed.oids());
      }
    }

    private void begin(FeedEvent.Position position, long itsHistory) {
      boolean replaced = itsHistory != toldHistory;
      toldHistory = itsHistory;
      LeaderInfo leader = position.leader();
      if (leader.isKnown()) {
        listener.onLeader(leader);
      }
      if (replaced) {
        listener.onGap(told, position.tid());
        told = position.tid();
      } else {
        catchUp(position.tid());
      }
    }

    private void catchUp(Tid upTo) {
      if (told.compareTo(upTo) >= 0) {
        return;
      }
      Iterator<TransactionRecord> missed =
          log.read(TransactionQuery.after(told).withObjects(), upTo).iterator();
      while (true) {
        @Nullable TransactionRecord record;
        try {
          record = missed.hasNext() ? missed.next() : null;
        } catch (TroikaException e) {
          skipTo(upTo);
          return;
        }
        if (record == null || record.tid().compareTo(upTo) > 0) {
          return;
        }
        tellOf(record.tid(), record.oids());
      }
    }

    private void tellOf(Tid tid, List<Oid> oids) {
      if (tid.compareTo(told) > 0) {
        told = tid;
        listener.onCommitted(tid, oids);
      }
    }

    private void skipTo(Tid upTo) {
      if (told.compareTo(upTo) < 0) {
        listener.onGap(told, upTo);
        told = upTo;
      }
    }
  }
}
