package io.troika.server.references;

import io.troika.server.core.pack.UnreadableReferencesException;

/** Arguments that are lines of text, of pickles of protocol 0. */
final class PickleText {
  private static final int HEXADECIMAL = 16;

  private PickleText() {}

  /** A decimal number that is not negative. */
  static int number(PickleBytes input) throws UnreadableReferencesException {
    String line = input.line();
    try {
      return Integer.parseUnsignedInt(line.strip());
    } catch (NumberFormatException e) {
      throw input.unreadable("a number that is none");
    }
  }

  /** A string as Python's repr writes it. */
  static String unquoted(PickleBytes input) throws UnreadableReferencesException {
    String line = input.line().strip();
    boolean quoted =
        line.length() >= 2
            && (line.charAt(0) == '\'' || line.charAt(0) == '"')
            && line.charAt(line.length() - 1) == line.charAt(0);
    if (!quoted) {
      throw input.unreadable("a string without quotes");
    }
    return unescaped(input, line.substring(1, line.length() - 1));
  }

  /** Text in Python's raw-unicode-escape. */
  static String unescaped(PickleBytes input) throws UnreadableReferencesException {
    String line = input.line();
    return line.contains("\\u") || line.contains("\\U") ? unescaped(input, line) : line;
  }

  private static String unescaped(PickleBytes input, String text)
      throws UnreadableReferencesException {
    StringBuilder plain = new StringBuilder(text.length());
    for (int at = 0; at < text.length(); at++) {
      char character = text.charAt(at);
      if (character != '\\') {
        plain.append(character);
        continue;
      }
      if (++at == text.length()) {
        throw input.unreadable("a string that ends in a backslash");
      }
      switch (text.charAt(at)) {
        case 'n' -> plain.append('\n');
        case 't' -> plain.append('\t');
        case 'r' -> plain.append('\r');
        case '\\', '\'', '"' -> plain.append(text.charAt(at));
        case 'x' -> at = hexadecimal(input, text, at, 2, plain);
        case 'u' -> at = hexadecimal(input, text, at, 4, plain);
        case 'U' -> at = hexadecimal(input, text, at, 8, plain);
        default -> throw input.unreadable("an escape that is not known");
      }
    }
    return plain.toString();
  }

  private static int hexadecimal(
      PickleBytes input, String text, int at, int digits, StringBuilder plain)
      throws UnreadableReferencesException {
    int end = at + 1 + digits;
    if (end > text.length()) {
      throw input.unreadable("an escape that is cut off");
    }
    try {
      plain.appendCodePoint(Integer.parseUnsignedInt(text.substring(at + 1, end), HEXADECIMAL));
    } catch (IllegalArgumentException e) {
      throw input.unreadable("an escape that is no number");
    }
    return end - 1;
  }
}
