package io.troika.server.raft.replication;

import java.time.Duration;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;

/**
 * How much is sent to one follower before it acknowledges. As much as there is, several times over,
 * while it acknowledges soon. Over a slow link that would be minutes' worth: no heartbeat would get
 * past it, Ratis would take it for lost after 3 s and send it again, and a connection that is
 * renewed meanwhile would begin anew, for ever. So once an acknowledgement takes too long, entries
 * go out in parts that take about a second or two, the next when the one before is there. Safe for
 * any thread.
 */
final class AppendPace {
  /** Acknowledged later than that: less. Below the 3 s after which Ratis counts it as lost. */
  static final Duration SLOW = Duration.ofSeconds(2);

  /** Acknowledged sooner than that: more. A slow disk may take half of it. */
  static final Duration QUICK = Duration.ofSeconds(1);

  /** A second or so at 50 kB/s. */
  static final int BYTES_MIN = 64 << 10;

  /** Overdue for longer than that, it is taken for lost: as Ratis does with all. */
  static final Duration LOST = Duration.ofSeconds(3);

  /** Ratis counts as sent at once what it was given to send. */
  static final Duration COUNTED = Duration.ofMillis(100);

  /** What a link gives in a second, at the least, while it is not thought to be dead. */
  private static final int BYTES_PER_SECOND_MIN = 32 << 10;

  private static final long NOTHING = -1;

  private final int bytesMax;

  // Guarded by this.
  private int bytes;
  private long sentIndex = NOTHING; // the last of some that were sent together
  private long sentNanos;
  private long sentBytes;
  private boolean onItsWay; // Ratis has counted it as sent

  /**
   * @param bytesMax of entries that Ratis sends together
   */
  AppendPace(int bytesMax) {
    this.bytesMax = bytesMax;
    this.bytes = bytesMax;
  }

  /**
   * Whether entries may go out now.
   *
   * @param match the last entry that the follower has acknowledged
   * @param next the one that is sent next; not above one that was sent if that is to be sent again
   */
  synchronized boolean mayAppend(long match, long next, long nanoTime) {
    settle(match, next, nanoTime);
    return sentIndex == NOTHING || bytes == bytesMax;
  }

  /** For how long what is under way is overdue, be the link as slow as any; zero when it is not. */
  synchronized Duration overdue(long match, long next, long nanoTime) {
    settle(match, next, nanoTime);
    if (sentIndex == NOTHING) {
      return Duration.ZERO;
    }
    return Duration.ofNanos(Math.max(0, nanoTime - sentNanos - dueNanos()));
  }

  private long dueNanos() {
    return Duration.ofMillis(1_000 * sentBytes / BYTES_PER_SECOND_MIN).toNanos();
  }

  /**
   * Whether what was sent may still be on its way. Otherwise it may be lost with its connection,
   * which Ratis finds out by asking the follower for what comes before the next entry.
   */
  synchronized boolean mayBeUnderWay(long match, long next, long nanoTime) {
    settle(match, next, nanoTime);
    return sentIndex != NOTHING && nanoTime - sentNanos - dueNanos() < LOST.toNanos();
  }

  private void settle(long match, long next, long nanoTime) {
    if (sentIndex == NOTHING) {
      return;
    }
    boolean acknowledged = match >= sentIndex;
    Duration took = Duration.ofNanos(nanoTime - sentNanos);
    if (took.compareTo(SLOW) >= 0) {
      bytes = bytes == bytesMax || !acknowledged ? BYTES_MIN : Math.max(BYTES_MIN, bytes / 2);
    } else if (acknowledged && took.compareTo(QUICK) < 0) {
      bytes = (int) Math.min(bytesMax, 2L * bytes);
    }
    onItsWay |= next > sentIndex;
    // Between two looks it may have been counted as sent and given up, as when nobody listens
    // there.
    boolean givenUp = next <= sentIndex && (onItsWay || took.compareTo(COUNTED) > 0);
    if (acknowledged || givenUp) {
      sentIndex = NOTHING;
    }
  }

  /**
   * How many of these go out together, at least one. They are then under way.
   *
   * @param entries in order, at least one
   */
  synchronized int send(List<LogEntryProto> entries, long nanoTime) {
    int count = 0;
    long sum = 0;
    for (LogEntryProto entry : entries) {
      int size = entry.getSerializedSize();
      if (count > 0 && sum + size > bytes && bytes < bytesMax) {
        break;
      }
      sum += size;
      count++;
    }
    if (sentIndex == NOTHING) {
      sentIndex = entries.get(count - 1).getIndex();
      sentNanos = nanoTime;
      sentBytes = sum;
      onItsWay = false;
    }
    return count;
  }
}
