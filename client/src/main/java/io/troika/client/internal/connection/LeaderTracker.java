package io.troika.client.internal.connection;

import io.troika.client.LeaderInfo;
import io.troika.client.internal.Listeners;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Who leads, from hints, watches and errors. Safe for any thread.
 *
 * <p>Life of what is known: <em>known</em> until its node refuses or its connection fails
 * (<em>lost</em>: a search asks all nodes until one names a leader that counts) or until it is
 * silent for too long (<em>suspected</em>: still followed, while the search asks the others).
 *
 * <p>A hint counts if its term is not older than the newest seen. Of the leader that was just lost
 * it counts only in a newer term, or from that node itself: the others go on naming it until they
 * have elected another one.
 *
 * <p>A leader that does not answer here may well lead: something is wrong between it and this
 * client alone. Another node that had time to notice, and still says that it leads, then passes
 * calls on to it ({@link Way#through}). The search goes on meanwhile, so that this ends with the
 * first answer of the leader itself, or with the next leader.
 */
final class LeaderTracker {
  /** A suspected leader is left in peace so long before it is suspected again. */
  private static final long SUSPICION_PAUSE_NANOS = Duration.ofMillis(100).toNanos();

  private final Search search;
  private final UnaryOperator<LeaderInfo> reach;
  private final Listeners listeners;
  private final Set<Runnable> waiting = new LinkedHashSet<>();
  private final List<Consumer<LeaderInfo>> followers = new ArrayList<>();
  private volatile Way way = Way.NONE;
  private LeaderInfo lost = LeaderInfo.NONE;
  private String failedThrough = "";
  private long termMax;
  private boolean suspected;
  private long suspectedNanos;
  private boolean closed;

  /** Asks nodes who leads until it is stopped; a fake in tests. */
  interface Search {
    /**
     * Asks from now on for a leader newer than {@code past}, or whether that one leads still.
     *
     * @param past the leader that is lost or suspected; none before there was any
     */
    void start(LeaderInfo past);

    /** The search is over; it found this leader, or none. */
    void stop(LeaderInfo found);
  }

  /**
   * @param reach from a leader's address as nodes say it to the one that this client uses
   */
  LeaderTracker(Search search, UnaryOperator<LeaderInfo> reach, Listeners listeners) {
    this.search = search;
    this.reach = reach;
    this.listeners = listeners;
  }

  /** The leader that is followed; not known while one is searched for. */
  LeaderInfo current() {
    return way.leader();
  }

  /** How that is reached. */
  Way way() {
    return way;
  }

  /**
   * Runs once a leader is known: at once, or when the search has found one; never when this is
   * closed before.
   */
  void whenKnown(Runnable next) {
    synchronized (this) {
      if (closed) {
        return;
      }
      if (!way.isKnown()) {
        waiting.add(next);
        search.start(lost);
        return;
      }
    }
    next.run();
  }

  /** Whoever waits no longer. */
  synchronized void forget(Runnable next) {
    waiting.remove(next);
  }

  /** Tells of every new leader from now on. */
  synchronized void follow(Consumer<LeaderInfo> follower) {
    followers.add(follower);
  }

  synchronized void unfollow(Consumer<LeaderInfo> follower) {
    followers.remove(follower);
  }

  /** The node did not do what only a leader does, and may have said who leads instead. */
  void refused(String address, LeaderInfo hint) {
    lost(address);
    LeaderInfo reached = reach.apply(hint);
    // Whoever refuses is not the leader that it names: then this address leads to several nodes.
    consider(address, reached.address().equals(address) ? hint : reached);
  }

  /** The node can't be reached any more. */
  synchronized void lost(String address) {
    if (way.isKnown() && way.address().equals(address)) {
      failedThrough = way.through();
      lost = way.leader();
      way = Way.NONE;
      suspected = false;
      search.start(lost);
    }
  }

  /** The node did not pass a call on, or not in time; that it is slow itself says nothing. */
  synchronized void notPassedOn(String through) {
    if (way.through().equals(through)) {
      lost(through);
    }
  }

  /** The node does not answer in the time that it should. */
  synchronized void suspect(String address, long nowNanos) {
    boolean again = nowNanos - suspectedNanos >= SUSPICION_PAUSE_NANOS;
    if (way.isKnown() && way.isDirect() && way.address().equals(address) && !suspected && again) {
      suspected = true;
      suspectedNanos = nowNanos;
      search.start(way.leader());
    }
  }

  /**
   * A node that was asked for a newer leader has waited in vain: it still follows this one, which
   * is lost or suspected here. Of several nodes each is taken in turn, as long as they fail.
   */
  void upheld(String from, LeaderInfo hint) {
    LeaderInfo reached = reach.apply(hint);
    List<Runnable> released;
    synchronized (this) {
      LeaderInfo missed = suspected ? way.leader() : lost;
      boolean itself = from.equals(reached.address());
      if (closed || itself || !missed.isKnown() || !isSame(reached, missed)) {
        return;
      }
      if (from.equals(failedThrough)) {
        failedThrough = "";
        return;
      }
      way = new Way(missed, from);
      lost = LeaderInfo.NONE;
      suspected = false;
      released = List.copyOf(waiting);
      waiting.clear();
    }
    released.forEach(Runnable::run);
  }

  private static boolean isSame(LeaderInfo one, LeaderInfo other) {
    return one.address().equals(other.address()) && one.term() == other.term();
  }

  /** A node says who leads; it may itself be behind, or know nothing. */
  void hinted(String from, LeaderInfo hint) {
    consider(from, reach.apply(hint));
  }

  private void consider(String from, LeaderInfo hint) {
    List<Runnable> released;
    List<Consumer<LeaderInfo>> told;
    synchronized (this) {
      if (!counts(from, hint)) {
        return;
      }
      if (isSame(hint, way.leader())) {
        clearSuspicion(from);
        return;
      }
      termMax = Math.max(termMax, hint.term());
      way = Way.to(hint);
      lost = LeaderInfo.NONE;
      failedThrough = "";
      suspected = false;
      search.stop(hint);
      released = List.copyOf(waiting);
      waiting.clear();
      told = List.copyOf(followers);
    }
    listeners.tell(listener -> listener.leaderChanged(hint));
    told.forEach(follower -> follower.accept(hint));
    released.forEach(Runnable::run);
  }

  private boolean counts(String from, LeaderInfo hint) {
    if (!hint.isKnown() || hint.term() < termMax || closed) {
      return false;
    }
    boolean newer = hint.term() > lost.term();
    boolean sameAsLost = hint.address().equals(lost.address());
    return newer || !sameAsLost || from.equals(hint.address());
  }

  private void clearSuspicion(String from) {
    boolean doubted = suspected || !way.isDirect();
    if (doubted && from.equals(way.leader().address())) {
      suspected = false;
      failedThrough = "";
      way = Way.to(way.leader());
      search.stop(way.leader());
    }
  }

  /** Ends the search; whoever waits is forgotten. */
  synchronized void close() {
    closed = true;
    search.stop(LeaderInfo.NONE);
    waiting.clear();
  }
}
