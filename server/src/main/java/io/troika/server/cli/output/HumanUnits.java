package io.troika.server.cli.output;

import java.time.Instant;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers as people read them; the same on every machine. */
public final class HumanUnits {
  private static final String[] SIZES = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final double STEP = 1024;
  private static final Pattern WHOLE_SIZE = Pattern.compile("(\\d{1,18}) ?(B|KiB|MiB|GiB|TiB)?");

  private HumanUnits() {}

  /** Such as {@code 1.5 MiB}; {@code -} for what is not known (negative). */
  public static String size(long bytes) {
    if (bytes < 0) {
      return "-";
    }
    double value = bytes;
    int unit = 0;
    while (value >= STEP && unit < SIZES.length - 1) {
      value /= STEP;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, SIZES[unit]);
  }

  /**
   * The number of bytes in what {@link #size} might have written, such as {@code 20GiB} or {@code
   * 300}; only whole numbers.
   *
   * @throws IllegalArgumentException if it is none, or too many
   */
  public static long bytes(String text) {
    Matcher matcher = WHOLE_SIZE.matcher(text);
    if (matcher.matches()) {
      long factor = 1;
      String unit = matcher.group(2) == null ? "B" : matcher.group(2);
      for (int i = 0; i < SIZES.length && !SIZES[i].equals(unit); i++) {
        factor *= (long) STEP;
      }
      long number = Long.parseLong(matcher.group(1));
      if (number < Long.MAX_VALUE / factor) {
        return number * factor;
      }
    }
    throw new IllegalArgumentException(
        "expected a size such as 500MiB or 20GiB, found '%s'".formatted(text));
  }

  /** To the second, in UTC. */
  static String time(Instant instant) {
    return instant.toString().substring(0, 19).replace('T', ' ');
  }

  /** With separators; {@code -} for what is not known (negative). */
  public static String count(long number) {
    return number < 0 ? "-" : String.format(Locale.ROOT, "%,d", number);
  }
}
