package io.troika.client.internal;

import static io.troika.client.internal.Checks.requireArgument;

/** Reads ids as operators write them: hexadecimal, with or without {@code 0x}. */
public final class Hex {
  private static final int DIGITS_MAX = 16;

  private Hex() {}

  /**
   * The number that the digits say, read as unsigned.
   *
   * @throws IllegalArgumentException if it is not 1 to 16 hexadecimal digits
   */
  public static long parse(String what, String text) {
    String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
    boolean fits = !digits.isEmpty() && digits.length() <= DIGITS_MAX;
    requireArgument(
        fits && digits.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128),
        "%s '%s': expected 1 to 16 hexadecimal digits, with or without 0x",
        what,
        text);
    return Long.parseUnsignedLong(digits, 16);
  }
}
