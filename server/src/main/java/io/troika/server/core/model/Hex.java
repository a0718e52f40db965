package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/** Reads ids as operators write them: hexadecimal, with or without {@code 0x}. */
final class Hex {
  private Hex() {}

  static long parse(String what, String text) {
    String digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
    requireArgument(
        digits.matches("[0-9a-fA-F]{1,16}"),
        "%s '%s': expected 1 to 16 hexadecimal digits, with or without 0x",
        what,
        text);
    return Long.parseUnsignedLong(digits, 16);
  }
}
