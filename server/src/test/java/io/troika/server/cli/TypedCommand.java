package io.troika.server.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs commands as they are typed behind {@code troika}, and keeps what the last one printed. */
public final class TypedCommand {
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  /** Its exit code. */
  public int execute(String... arguments) {
    out = new StringWriter();
    err = new StringWriter();
    return TroikaCommand.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  public String out() {
    return out.toString();
  }

  public String err() {
    return err.toString();
  }
}
