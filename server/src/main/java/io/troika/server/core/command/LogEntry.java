package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.List;

/**
 * The content of one Raft log entry: commands that were waiting together, applied one after the
 * other, each with its own outcome and each seeing the effects of those before it. The entry
 * becomes durable as a whole.
 *
 * @param timeMillis the leader's clock when it made the entry, milliseconds since 1970
 * @param outcomeRetentionMillis how long from now the outcomes are remembered; travels in the entry
 *     because a local setting could differ between replicas
 */
public record LogEntry(long timeMillis, long outcomeRetentionMillis, List<Command> commands) {
  public LogEntry {
    commands = List.copyOf(commands);
    requireArgument(!commands.isEmpty(), "a log entry needs at least one command");
    requireArgument(timeMillis >= 0, "log time %s: expected 0 or more", timeMillis);
    requireArgument(outcomeRetentionMillis > 0, "outcome retention %s ms", outcomeRetentionMillis);
  }
}
