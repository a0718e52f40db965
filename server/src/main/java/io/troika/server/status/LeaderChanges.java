package io.troika.server.status;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.StateEvents;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of the leader of one Raft group, as this node saw them. Safe for any thread.
 *
 * <p>Two durations say how much a change was felt. The <em>gap</em> is how long this node knew no
 * leader that could serve; what passes before somebody notices that a leader is gone is not in it.
 * The <em>pause</em> is the time between the last transaction that became visible here before the
 * change and the first after it; it is known only where transactions were coming all the time.
 */
public final class LeaderChanges implements StateEvents.Listener {
  /** How many are kept. */
  public static final int CHANGES_MAX = 20;

  /** With no commit this long before a leader is missed, nobody was committing. */
  private static final long BUSY_NANOS = Duration.ofSeconds(3).toNanos();

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final LongSupplier clockMillis;
  private final LongSupplier nanoTime;
  private final ArrayDeque<LeaderChange> changes = new ArrayDeque<>();
  private String leader = "";
  private boolean missing = true;
  private long missedNanos;
  private long busyNanos;
  private boolean committing;
  private @Nullable Long pauseBegan;

  /**
   * One change.
   *
   * @param group the Raft group
   * @param atMillis since 1970, when the new leader was known here
   * @param from the leader before; empty for the first that this node knew
   * @param gapMillis see {@link LeaderChanges}
   * @param pauseMillis see {@link LeaderChanges}; -1 where it is not known
   */
  public record LeaderChange(
      String group,
      long atMillis,
      long term,
      String from,
      String to,
      long gapMillis,
      long pauseMillis) {
    /** Of one group two at the same time may be; of those the later term is newer. */
    static final Comparator<LeaderChange> NEWEST_FIRST =
        Comparator.comparingLong(LeaderChange::atMillis)
            .thenComparingLong(LeaderChange::term)
            .reversed()
            .thenComparing(LeaderChange::group);

    private LeaderChange withPause(long millis) {
      return new LeaderChange(group, atMillis, term, from, to, gapMillis, millis);
    }
  }

  /**
   * Knows nothing yet.
   *
   * @param clockMillis the wall clock, since 1970
   * @param nanoTime a clock that never jumps
   */
  public LeaderChanges(LongSupplier clockMillis, LongSupplier nanoTime) {
    this.clockMillis = clockMillis;
    this.nanoTime = nanoTime;
    this.missedNanos = nanoTime.getAsLong();
  }

  /** The changes, the newest first. */
  public synchronized List<LeaderChange> list() {
    return List.copyOf(changes);
  }

  /** To be told of each change of leadership, in order. */
  public synchronized void changed(Leadership now) {
    boolean serves = now.isKnown() && !now.isStarting();
    if (!serves) {
      miss();
    } else if (!now.leader().equals(leader) || missing) {
      add(now);
    }
  }

  private void miss() {
    if (!missing) {
      missing = true;
      missedNanos = nanoTime.getAsLong();
      boolean busy = committing && missedNanos - busyNanos < BUSY_NANOS;
      pauseBegan = busy ? (Long) busyNanos : null;
    }
  }

  private void add(Leadership now) {
    if (!missing) {
      miss();
    }
    long gap = (nanoTime.getAsLong() - missedNanos) / NANOS_PER_MILLI;
    changes.addFirst(
        new LeaderChange(
            now.group(), clockMillis.getAsLong(), now.term(), leader, now.leader(), gap, -1));
    if (changes.size() > CHANGES_MAX) {
      changes.removeLast();
    }
    leader = now.leader();
    missing = false;
  }

  @Override
  public synchronized void committed(StorageId storage, List<TransactionRecord> transactions) {
    long now = nanoTime.getAsLong();
    LeaderChange newest = changes.peekFirst();
    if (pauseBegan != null && !missing && newest != null) {
      changes.removeFirst();
      changes.addFirst(newest.withPause((now - pauseBegan) / NANOS_PER_MILLI));
      pauseBegan = null;
    }
    committing = true;
    busyNanos = now;
  }

  @Override
  public void replaced() {
    // Nobody committed anything by that.
  }
}
