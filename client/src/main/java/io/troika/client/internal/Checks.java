package io.troika.client.internal;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** The two kinds of check: an argument that a caller got wrong, and an invariant of ours. */
public final class Checks {
  private Checks() {}

  /**
   * Checks what a caller handed in.
   *
   * @throws IllegalArgumentException with the formatted message when {@code condition} is false
   */
  @FormatMethod
  public static void requireArgument(
      boolean condition, @FormatString String message, Object... values) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, values));
    }
  }

  /**
   * Checks when a call may be made: a finished transaction is not written to, a closed view not
   * read.
   *
   * @throws IllegalStateException with the formatted message when {@code condition} is false
   */
  @FormatMethod
  public static void requireState(
      boolean condition, @FormatString String message, Object... values) {
    if (!condition) {
      throw new IllegalStateException(String.format(Locale.ROOT, message, values));
    }
  }
}
