package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;

/**
 * A transaction id: 8 bytes, big-endian, strictly increasing within a storage, encoding the commit
 * time as ZODB's TimeStamp does. The high 32 bits are {@code ((((year-1900)*12 + month-1)*31 +
 * day-1)*24 + hour)*60 + minute} in UTC, the low 32 bits {@code trunc(seconds * 2^32 / 60)}.
 *
 * <p>The <em>serial</em> of a revision is the tid of the transaction that wrote it.
 *
 * @param value 0 to 2^63-1: clients do signed arithmetic with it
 */
public record Tid(long value) implements Comparable<Tid> {
  /** "None": the last transaction of an empty storage, the serial of an object that is new. */
  public static final Tid NONE = new Tid(0);

  /** Greater than every tid that is ever assigned. */
  public static final Tid MAX = new Tid(Long.MAX_VALUE);

  private static final long NANOS_PER_MINUTE = 60_000_000_000L;
  private static final int YEAR_MIN = 1900;

  public Tid {
    requireArgument(value >= 0, "tid 0x%x: expected a value below 2^63", value);
  }

  /**
   * The tid that encodes {@code time}, rounded down to about 14 nanoseconds.
   *
   * @throws IllegalArgumentException if the year is before 1900 or the value would reach 2^63
   */
  public static Tid ofInstant(Instant time) {
    LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    requireArgument(utc.getYear() >= YEAR_MIN, "time %s: expected a year from 1900 on", time);
    long minutes =
        ((((utc.getYear() - YEAR_MIN) * 12L + utc.getMonthValue() - 1) * 31
                            + utc.getDayOfMonth()
                            - 1)
                        * 24
                    + utc.getHour())
                * 60
            + utc.getMinute();
    requireArgument(minutes <= Integer.MAX_VALUE, "time %s: later than a tid can say", time);
    long nanosOfMinute = utc.getSecond() * 1_000_000_000L + utc.getNano();
    // nanosOfMinute < 2^36, so the product with 2^32 needs more than 64 bits: split it.
    long fraction = (long) (((double) nanosOfMinute / NANOS_PER_MINUTE) * 4294967296.0);
    return new Tid(minutes << 32 | Math.min(fraction, 0xffffffffL));
  }

  /** The greater of two. */
  public static Tid max(Tid left, Tid right) {
    return left.compareTo(right) > 0 ? left : right;
  }

  /** Parses what {@link #toString} writes, with or without the {@code 0x}. */
  public static Tid parse(String text) {
    return new Tid(Hex.parse("tid", text));
  }

  /**
   * The time that this tid encodes. A day that its month lacks (only a foreign tid can name one,
   * see {@link #next}) counts on into the next month, as in ZODB: that time may be later than that
   * of the next tids. Only tids themselves are in order.
   */
  public Instant toInstant() {
    long minutes = value >>> 32;
    long day = minutes / (24 * 60) % 31;
    long month = minutes / (24 * 60 * 31) % 12;
    long year = minutes / (24L * 60 * 31 * 12);
    long nanos = (long) ((value & 0xffffffffL) * (NANOS_PER_MINUTE / 4294967296.0));
    try {
      return LocalDateTime.of((int) year + YEAR_MIN, (int) month + 1, 1, 0, 0)
          .plusDays(day)
          .plusMinutes(minutes % (24 * 60))
          .plusNanos(nanos)
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("tid " + this + " encodes no time", e);
    }
  }

  /**
   * The smallest greater tid that decodes to a day of the calendar: at the end of a short month the
   * encoding has gaps, which are skipped.
   */
  public Tid next() {
    requireArgument(!equals(MAX), "there is no tid after %s", this);
    long candidate = value + 1;
    long minutes = candidate >>> 32;
    long days = minutes / (24 * 60);
    int day = (int) (days % 31) + 1;
    int month = (int) (days / 31 % 12) + 1;
    int year = (int) (days / 31 / 12) + YEAR_MIN;
    if (day <= YearMonth.of(year, month).lengthOfMonth()) {
      return new Tid(candidate);
    }
    long firstOfNextMonth = (days / 31 + 1) * 31 * 24 * 60;
    return new Tid(firstOfNextMonth << 32);
  }

  public boolean isNone() {
    return value == 0;
  }

  @Override
  public int compareTo(Tid other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}
