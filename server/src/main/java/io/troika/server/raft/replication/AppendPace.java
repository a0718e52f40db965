package io.troika.server.raft.replication;

import java.time.Duration;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.jspecify.annotations.Nullable;

/**
 * How much is sent to one follower before it acknowledges. As much as there is, several times over,
 * while it acknowledges soon. Over a slow link that would be minutes' worth: no heartbeat would get
 * past it, Ratis would take it for lost after 3 s and send it again, and a connection that is
 * renewed meanwhile would begin anew, for ever. So once an acknowledgement takes too long, entries
 * go out in parts that take about a second or two, the next when the one before is there.
 *
 * <p>Whoever sends tells what became of the last part ({@link #settle}) and of the next ({@link
 * #send}), under the lock below which Ratis changes the follower's indices. The rest only looks,
 * from any thread.
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

  /** What a link gives in a second, at the least, while it is not thought to be dead. */
  private static final int BYTES_PER_SECOND_MIN = 32 << 10;

  private final int bytesMax;
  private volatile int bytes;
  private volatile @Nullable Part underWay;

  /**
   * Entries that were sent together, the first that are not acknowledged.
   *
   * @param last the index of the last of them
   */
  private record Part(long last, long bytes, long nanos) {
    Duration age(long nanoTime) {
      return Duration.ofNanos(nanoTime - nanos);
    }

    /** For how long it is overdue, be the link as slow as any; negative: it is not. */
    Duration overdue(long nanoTime) {
      return age(nanoTime).minusMillis(1_000 * bytes / BYTES_PER_SECOND_MIN);
    }
  }

  /**
   * @param bytesMax of entries that Ratis sends together
   */
  AppendPace(int bytesMax) {
    this.bytesMax = bytesMax;
    this.bytes = bytesMax;
  }

  private @Nullable Part underWay(long match) {
    Part part = underWay;
    return part == null || part.last() <= match ? null : part;
  }

  /**
   * Whether entries may go out now.
   *
   * @param match the last entry that the follower has acknowledged
   */
  boolean mayAppend(long match, long nanoTime) {
    Part part = underWay(match);
    return part == null || (bytes == bytesMax && part.age(nanoTime).compareTo(SLOW) < 0);
  }

  /** For how long what is under way is overdue, be the link as slow as any; zero when it is not. */
  Duration overdue(long match, long nanoTime) {
    Part part = underWay(match);
    Duration overdue = part == null ? Duration.ZERO : part.overdue(nanoTime);
    return overdue.isNegative() ? Duration.ZERO : overdue;
  }

  /**
   * Whether what was sent may still be on its way. Otherwise it may be lost with its connection,
   * which Ratis finds out by asking the follower for what comes before the next entry.
   */
  boolean mayBeUnderWay(long match, long nanoTime) {
    Part part = underWay(match);
    return part != null && part.overdue(nanoTime).compareTo(LOST) < 0;
  }

  /**
   * Finds out what became of the last part.
   *
   * @param match the last entry that the follower has acknowledged
   * @param next the one that is sent next; not above one that was sent if that is to be sent again
   */
  void settle(long match, long next, long nanoTime) {
    Part part = underWay;
    if (part == null) {
      return;
    }
    boolean acknowledged = match >= part.last();
    Duration took = part.age(nanoTime);
    if (took.compareTo(SLOW) >= 0) {
      bytes = bytes == bytesMax || !acknowledged ? BYTES_MIN : Math.max(BYTES_MIN, bytes / 2);
    } else if (acknowledged && took.compareTo(QUICK) < 0) {
      bytes = (int) Math.min(bytesMax, 2L * bytes);
    }
    if (acknowledged || next <= part.last()) {
      underWay = null;
    }
  }

  /**
   * How many of these go out together, at least one. They are then under way.
   *
   * @param entries in order, at least one
   */
  int send(List<LogEntryProto> entries, long nanoTime) {
    int limit = bytes;
    int count = 0;
    long sum = 0;
    for (LogEntryProto entry : entries) {
      int size = entry.getSerializedSize();
      if (count > 0 && sum + size > limit && limit < bytesMax) {
        break;
      }
      sum += size;
      count++;
    }
    if (underWay == null) {
      underWay = new Part(entries.get(count - 1).getIndex(), sum, nanoTime);
    }
    return count;
  }
}
