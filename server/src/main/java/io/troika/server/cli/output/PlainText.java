package io.troika.server.cli.output;

import java.util.regex.Pattern;

/** What others wrote must not move the cursor of a terminal, nor turn what is read around. */
public final class PlainText {
  /**
   * Those of one byte, those of 8 bits (as U+009B, which begins a sequence too), line ends, bidi.
   */
  private static final Pattern CONTROLS =
      Pattern.compile("[\\p{Cc}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]+");

  private PlainText() {}

  /** The text with a space in place of them. */
  public static String of(String text) {
    return CONTROLS.matcher(text).replaceAll(" ");
  }
}
