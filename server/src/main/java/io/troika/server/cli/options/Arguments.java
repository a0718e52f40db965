package io.troika.server.cli.options;

import io.troika.client.Oid;
import io.troika.client.Tid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Turns what was typed into values; what can't be is wrong usage. */
public final class Arguments {
  private Arguments() {}

  public static Tid tid(CommandSpec spec, String text) {
    return parse(spec, text, Tid::parse);
  }

  public static Oid oid(CommandSpec spec, String text) {
    return parse(spec, text, Oid::parse);
  }

  /**
   * A tid, or the tid of a time: a date (midnight UTC) or an instant.
   *
   * @param option names it in what is thrown
   */
  public static Tid tidOrTime(CommandSpec spec, String option, String text) {
    if (text.startsWith("0x")) {
      return tid(spec, text);
    }
    try {
      Instant time =
          text.indexOf('T') < 0
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : Instant.parse(text);
      return new Tid(io.troika.server.core.model.Tid.ofInstant(time).value());
    } catch (DateTimeParseException e) {
      throw new ParameterException(
          spec.commandLine(),
          "%s: expected a time such as 2026-01-31T12:00:00Z or a tid, found '%s'"
              .formatted(option, text),
          e);
    } catch (DateTimeException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  public static int inRange(CommandSpec spec, String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw new ParameterException(
          spec.commandLine(),
          "%s: expected a number from %s to %s, found %s".formatted(option, min, max, value));
    }
    return value;
  }

  private static <T> T parse(CommandSpec spec, String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /** Says what is wrong with an input file before anything is begun. */
  public static void requireReadable(Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException(file + ": no such file, or it can't be read");
    }
  }
}
