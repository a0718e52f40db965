package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Ids and times as they go over the wire. */
public final class Values {
  private static final int SECONDS_PER_MINUTE = 60;
  private static final long FRACTION_MASK = 0xffff_ffffL;
  private static final double SECONDS_PER_UNIT = SECONDS_PER_MINUTE / (FRACTION_MASK + 1.0);

  /** What TimeStamp counts the seconds of 1970 from, in {@code double}, and so loses bits. */
  private static final long TIME_STAMP_BASE_SECONDS = 25_202L * 86_400;

  private Values() {}

  public static @Nullable Bytes tidOrNone(@Nullable Tid tid) {
    return tid == null ? null : Wire.bytes(tid);
  }

  /** What a client names a transaction by when it wants to undo it: base64 of the tid. */
  public static Bytes undoId(Tid tid) {
    return Bytes.wrap(Base64.getEncoder().encode(Wire.bytes(tid).toByteArray()));
  }

  /**
   * Seconds since 1970, to the last bit what {@code TimeStamp(tid).timeTime()} says: clients
   * compare with it and pack to it.
   */
  public static double seconds(Tid tid) {
    Tid minute = new Tid(tid.value() & ~FRACTION_MASK);
    double secondsOfMinute = (tid.value() & FRACTION_MASK) * SECONDS_PER_UNIT;
    long sinceBase = minute.toInstant().getEpochSecond() + TIME_STAMP_BASE_SECONDS;
    return sinceBase + secondsOfMinute - TIME_STAMP_BASE_SECONDS;
  }

  /**
   * The last tid at or before a time in seconds since 1970, as {@code FileStorage.pack} reckons it.
   *
   * @throws DateTimeException if it is no time
   * @throws IllegalArgumentException if no tid can say it
   */
  static Tid tidAt(double seconds) {
    double secondsOfMinute = seconds % SECONDS_PER_MINUTE;
    if (secondsOfMinute < 0) {
      secondsOfMinute += SECONDS_PER_MINUTE;
    }
    double wholeMinutes = Math.floor(seconds / SECONDS_PER_MINUTE) * SECONDS_PER_MINUTE;
    Tid minute = Tid.ofInstant(Instant.ofEpochSecond((long) wholeMinutes));
    long fraction = (long) (secondsOfMinute / SECONDS_PER_UNIT);
    return new Tid(minute.value() | Math.min(fraction, FRACTION_MASK));
  }
}
