package io.troika.server.cli.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** How much a command logs. Nodes tell what they do; commands only what went wrong. */
public final class Logging {
  private static final String OURS = "io.troika";
  private static final String DIVISION = "org.apache.ratis.server.RaftServer$Division";

  private static final List<String> FORMATS = List.of("text", "json");

  private Logging() {}

  /**
   * What is wrong with the environment's log format, if anything: then there would be no log.
   *
   * @param format null if it is not set
   */
  public static Optional<String> problemWith(@Nullable String format) {
    return format == null || format.isEmpty() || FORMATS.contains(format)
        ? Optional.empty()
        : Optional.of(
            "environment variable TROIKA_LOG_FORMAT: expected one of %s, found \"%s\""
                .formatted(String.join(", ", FORMATS), format));
  }

  /**
   * gRPC logs through java.util.logging, past our settings: only what is wrong should show, and not
   * again and again.
   */
  public static void quietLibraries() {
    Logger root = Logger.getLogger("");
    root.setLevel(java.util.logging.Level.WARNING);
    UnresolvedNames filter = new UnresolvedNames(System::nanoTime);
    for (Handler handler : root.getHandlers()) {
      handler.setFilter(filter);
    }
  }

  /** From now on elections, snapshots and the like are logged. */
  public static void showNodes() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(OURS).setLevel(Level.INFO);
      context.getLogger(DIVISION).setLevel(Level.INFO);
    }
  }

  /** From now on only errors are logged: what nodes say of each other's planned ends is none. */
  public static void errorsOnly() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      errorsOnly(context);
    }
  }

  /** Of all loggers, also those that have a level of their own. */
  static void errorsOnly(LoggerContext context) {
    for (var logger : context.getLoggerList()) {
      if (logger.getLevel() != null && !logger.getLevel().isGreaterOrEqual(Level.ERROR)) {
        logger.setLevel(Level.ERROR);
      }
    }
  }

  /** Writes what waits (for a bounded time) and ends logging. */
  public static void flush() {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (factory instanceof LoggerContext context) {
      context.stop();
    }
  }
}
