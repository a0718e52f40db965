package io.troika.server.core.model;

import java.util.Comparator;

/**
 * The place of an entry in the Raft log.
 *
 * @param term the term in which it was appended
 * @param index the log index; entries are applied in this order
 */
public record LogPosition(long term, long index) implements Comparable<LogPosition> {
  /** Before the first entry. */
  public static final LogPosition NONE = new LogPosition(0, -1);

  /** As Raft compares the ends of two logs when votes are given: a later term is newer. */
  public static final Comparator<LogPosition> AS_VOTES_ARE_GIVEN =
      Comparator.comparingLong(LogPosition::term).thenComparingLong(LogPosition::index);

  private static final Comparator<LogPosition> ORDER =
      Comparator.comparingLong(LogPosition::index).thenComparingLong(LogPosition::term);

  @Override
  public int compareTo(LogPosition other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return "(t:" + term + ", i:" + index + ")";
  }
}
