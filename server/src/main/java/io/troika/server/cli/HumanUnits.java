package io.troika.server.cli;

import java.util.Locale;

/** Numbers as people read them; the same on every machine. */
final class HumanUnits {
  private static final String[] SIZES = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final double STEP = 1024;

  private HumanUnits() {}

  /** Such as {@code 1.5 MiB}; {@code -} for what is not known (negative). */
  static String size(long bytes) {
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

  /** With separators; {@code -} for what is not known (negative). */
  static String count(long number) {
    return number < 0 ? "-" : String.format(Locale.ROOT, "%,d", number);
  }
}
