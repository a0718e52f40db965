package io.troika.client.internal;

import java.time.Duration;
import java.util.Locale;

/** Durations as people read them: {@code 350 ms}, {@code 10 s}, {@code 2.5 s}. */
public final class DurationText {
  private static final long MILLIS_PER_SECOND = 1_000;

  private DurationText() {}

  public static String of(Duration duration) {
    long millis = duration.toMillis();
    if (millis < MILLIS_PER_SECOND) {
      return millis + " ms";
    }
    return millis % MILLIS_PER_SECOND == 0
        ? millis / MILLIS_PER_SECOND + " s"
        : String.format(Locale.ROOT, "%.1f s", (double) millis / MILLIS_PER_SECOND);
  }
}
