package io.troika.server.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import java.util.logging.Logger;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/** How much a command logs. Nodes tell what they do; commands only what went wrong. */
final class Logging {
  private static final String OURS = "io.troika";
  private static final String DIVISION = "org.apache.ratis.server.RaftServer$Division";

  private Logging() {}

  /** gRPC logs through java.util.logging, past our settings: only what is wrong should show. */
  static void quietLibraries() {
    Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
  }

  /** From now on elections, snapshots and the like are logged. */
  static void showNodes() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(OURS).setLevel(Level.INFO);
      context.getLogger(DIVISION).setLevel(Level.INFO);
    }
  }

  /** From now on only errors are logged: what nodes say of each other's planned ends is none. */
  static void errorsOnly() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.ERROR);
    }
  }

  /** Writes what waits (for a bounded time) and ends logging. */
  static void flush() {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (factory instanceof LoggerContext context) {
      context.stop();
    }
  }
}
