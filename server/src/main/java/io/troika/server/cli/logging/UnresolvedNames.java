package io.troika.server.cli.logging;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets a warning of gRPC pass that a name can't be resolved, and no other one about that name until
 * something has changed: another reason, or {@link #CHANGED_AFTER} without one. gRPC (there are two
 * copies of it, ours and that of Ratis) tells it at each attempt, with a stack trace, for as long
 * as a member is away whose name goes with it. Safe for any thread.
 */
final class UnresolvedNames implements Filter {
  /** It tries again every two minutes at least: since then the name was resolved. */
  static final Duration CHANGED_AFTER = Duration.ofMinutes(5);

  private static final int NAMES_MAX = 1_000;
  private static final String CHANNEL = "io.grpc.internal.ManagedChannelImpl";
  private static final String MESSAGE = "Failed to resolve name";

  /** Of a channel's name, such as {@code Channel<7>: (n4:7410)}. */
  private static final Pattern TARGET = Pattern.compile("\\((.*)\\)");

  /** Its words change: Java remembers for a while that a name was unknown, but not why. */
  private static final Pattern CAUSE = Pattern.compile(", cause=|\\R");

  private final LongSupplier nanoTime;
  private final Map<String, Told> told = // guarded by this
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
          return size() > NAMES_MAX;
        }
      };

  private record Told(String reason, long lastNanos) {}

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  UnresolvedNames(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public boolean isLoggable(LogRecord said) {
    String message = said.getMessage();
    Object[] parameters = said.getParameters();
    if (message == null
        || parameters == null
        || parameters.length < 2
        || !String.valueOf(said.getLoggerName()).endsWith(CHANNEL)
        || !message.contains(MESSAGE)) {
      return true;
    }
    Matcher target = TARGET.matcher(String.valueOf(parameters[0]));
    String name = target.find() ? target.group(1) : String.valueOf(parameters[0]);
    return isNews(name, CAUSE.split(String.valueOf(parameters[1]), 2)[0]);
  }

  private synchronized boolean isNews(String name, String reason) {
    long now = nanoTime.getAsLong();
    Told before = told.remove(name); // put again as the last: the eldest is the one longest unheard
    told.put(name, new Told(reason, now));
    return before == null
        || !before.reason.equals(reason)
        || now - before.lastNanos > CHANGED_AFTER.toNanos();
  }
}
