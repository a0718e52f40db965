package io.troika.client;

import static io.troika.client.internal.Checks.requireArgument;

import io.troika.client.internal.Hex;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * A transaction id: 8 bytes, strictly increasing within a storage, encoding the commit time as
 * ZODB's TimeStamp does: the high 32 bits are {@code ((((year-1900)*12 + month-1)*31 + day-1)*24 +
 * hour)*60 + minute} in UTC, the low 32 bits {@code seconds * 2^32 / 60}.
 *
 * <p>The <em>serial</em> of a revision is the tid of the transaction that wrote it.
 *
 * @param value 0 to 2^63-1
 */
public record Tid(long value) implements Comparable<Tid> {
  /** "None": the last transaction of an empty storage, the serial of an object that is new. */
  public static final Tid NONE = new Tid(0);

  /** Greater than every tid that is ever assigned. */
  public static final Tid MAX = new Tid(Long.MAX_VALUE);

  private static final int YEAR_MIN = 1900;
  private static final double NANOS_PER_UNIT = 60_000_000_000.0 / 4_294_967_296.0;

  public Tid {
    requireArgument(value >= 0, "tid 0x%x: expected a value below 2^63", value);
  }

  /**
   * Parses what {@link #toString} writes, with or without the {@code 0x}.
   *
   * @throws IllegalArgumentException if it is not 1 to 16 hexadecimal digits, or is 2^63 or more
   */
  public static Tid parse(String text) {
    return new Tid(Hex.parse("tid", text));
  }

  /**
   * The time that this tid encodes, exact to about 14 nanoseconds. The encoding gives each month 31
   * days; a day that its month lacks (only an imported tid can name one) counts on into the next
   * month, as in ZODB, so that this time may be later than that of the next transactions. Only tids
   * themselves are in order.
   */
  public Instant toInstant() {
    long minutes = value >>> 32;
    long days = minutes / (24 * 60);
    long nanos = (long) ((value & 0xffffffffL) * NANOS_PER_UNIT);
    return LocalDateTime.of((int) (days / 31 / 12) + YEAR_MIN, (int) (days / 31 % 12) + 1, 1, 0, 0)
        .plusDays(days % 31)
        .plusMinutes(minutes % (24 * 60))
        .plusNanos(nanos)
        .toInstant(ZoneOffset.UTC);
  }

  /** Whether this is {@link #NONE}. */
  public boolean isNone() {
    return value == 0;
  }

  @Override
  public int compareTo(Tid other) {
    return Long.compare(value, other.value);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(value);
  }

  @Override
  public String toString() {
    return "0x" + Long.toHexString(value);
  }
}
