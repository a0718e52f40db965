package io.troika.server.core.model;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The two kinds of check, which must not be confused: an argument that a caller got wrong, and an
 * invariant that only a defect of ours (or a damaged disk) can break.
 */
public final class Checks {
  private Checks() {}

  /**
   * Checks what a caller handed in.
   *
   * @throws IllegalArgumentException with the formatted message when {@code condition} is false
   */
  @FormatMethod
  public static void requireArgument(
      boolean condition, @FormatString String message, @Nullable Object... values) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, values));
    }
  }

  /**
   * Checks what must hold whatever callers do. Always on, in production too.
   *
   * @throws InvariantViolation with the formatted message when {@code condition} is false; the node
   *     must stop, an operator must look
   */
  @FormatMethod
  public static void checkInvariant(
      boolean condition, @FormatString String message, @Nullable Object... values) {
    if (!condition) {
      throw new InvariantViolation(String.format(Locale.ROOT, message, values));
    }
  }
}
