package io.troika.server.cli;

/** Whether somebody is looking. */
final class Terminal {
  private static final String PROPERTY = "troika.terminal";

  private Terminal() {}

  /** Told by the launcher, which can ask the system; {@code System.console()} changed in JDK 22. */
  static boolean isAttached() {
    return Boolean.getBoolean(PROPERTY);
  }
}
