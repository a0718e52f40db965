package io.troika.server.access;

/** How what somebody said stands in the audit log. */
public final class AuditText {
  /** What no reader may take for the end of a line, in any character set. */
  private static final String CONTROLS = "[\\p{Cc}\\p{Zl}\\p{Zp}]";

  private AuditText() {}

  /** In quotes, on one line: names are whatever a certificate or a request says. */
  public static String quoted(String text) {
    String line = text.replaceAll(CONTROLS, "?");
    return '"' + line.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
