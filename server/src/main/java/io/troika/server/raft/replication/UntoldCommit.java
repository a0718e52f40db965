package io.troika.server.raft.replication;

import java.util.concurrent.TimeUnit;

/**
 * When one follower is to be told by a heartbeat up to where the log is committed. All but {@link
 * #await} and {@link #isAwaited} is for the thread that sends it entries.
 */
final class UntoldCommit {
  /** Longer than a busy client needs for its next commit, so that under load nothing is added. */
  static final long MAX_MILLIS = 2;

  private volatile long told = -1;
  private long toldNanos;
  private long untold = -1;
  private long untoldSinceNanos;

  private volatile long awaited = -1;

  /** Somebody waits until the follower hears of this index. For any thread. */
  void await(long commit) {
    awaited = commit;
  }

  /** Whether somebody waits, and was not told. For any thread. */
  boolean isAwaited() {
    return awaited > told;
  }

  /** What goes out now says that the log is committed up to there. */
  void told(long commit, long nanoTime) {
    told = commit;
    toldNanos = nanoTime;
  }

  /**
   * Whether a heartbeat is to go out now.
   *
   * @param committed the newest index that is
   * @param entries whether some go out now or are not acknowledged: a heartbeat past those can't
   *     tell of them; after their answer it is asked again
   */
  boolean isDue(long committed, boolean entries, long nanoTime) {
    if (committed > untold) {
      if (untold <= told) {
        untoldSinceNanos = nanoTime;
      }
      untold = committed;
    }
    boolean tooLong = nanoTime - untoldSinceNanos >= TimeUnit.MILLISECONDS.toNanos(MAX_MILLIS);
    return !entries && ((untold > told && tooLong) || isAwaited());
  }

  /**
   * For how long there is nothing to be done without an entry. No signal comes when those under way
   * are acknowledged, nor when they are committed, which may be later: so it is looked for, soon at
   * first, then ever more seldom.
   *
   * @param heartbeatMillis until the next heartbeat
   * @param entries whether some are not acknowledged
   * @param sent the last entry that was sent
   * @param committed the newest index that is
   */
  long waitMillis(long heartbeatMillis, boolean entries, long sent, long committed, long nanoTime) {
    if (entries || sent > committed) {
      long sinceMillis = TimeUnit.NANOSECONDS.toMillis(nanoTime - toldNanos);
      return Math.min(heartbeatMillis, Math.max(MAX_MILLIS, sinceMillis));
    }
    return untold > told ? Math.min(heartbeatMillis, MAX_MILLIS) : heartbeatMillis;
  }
}
