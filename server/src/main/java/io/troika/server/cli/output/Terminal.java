package io.troika.server.cli.output;

/** Whether somebody is looking. */
public final class Terminal {
  private static final String PROPERTY = "troika.terminal";

  private Terminal() {}

  /** Told by the launcher, which can ask the system; {@code System.console()} changed in JDK 22. */
  public static boolean isAttached() {
    return Boolean.getBoolean(PROPERTY);
  }
}
