package io.troika.server.raft.state;

import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The state that one Raft group replicates. {@link #apply}, {@link #advance}, {@link #flush} and
 * {@link #install} are called by one thread, in log order; reads of the state (by others) go on
 * meanwhile.
 */
public interface ReplicatedState extends AutoCloseable {

  /**
   * The last position applied, {@link LogPosition#NONE} at first. In memory; may not be durable.
   */
  LogPosition applied();

  /** The last position that is durable: a restart replays the log from the entry after it. */
  LogPosition flushed();

  /**
   * Applies one entry; its effects are visible on return, all of them, and not yet durable here
   * (the Raft log is).
   *
   * @return one outcome a command, in order
   * @throws RuntimeException only when this replica is broken; the division then stops
   */
  List<Outcome> apply(LogPosition position, LogEntry entry);

  /** Notes a log entry that has no commands (a configuration, a metadata entry). */
  void advance(LogPosition position);

  /** Makes all that was applied durable and returns the position that now is. */
  LogPosition flush() throws IOException;

  /**
   * Makes a durable, self-contained copy of the state in {@code directory}, which must not exist;
   * hard links where possible, so it takes milliseconds. Safe for any thread.
   *
   * @return the position of the copy
   */
  LogPosition checkpoint(Path directory) throws IOException;

  /**
   * Checks a received copy (checksums, format) without installing it.
   *
   * @return its position
   * @throws IOException if it is damaged or of an unknown format
   */
  LogPosition verifyCheckpoint(Path directory) throws IOException;

  /**
   * Replaces the whole state by a received copy, which is consumed. Crash-safe: after a crash at
   * any point either the old or the new state is there, never a mixture. Readers wait meanwhile.
   */
  void install(Path directory) throws IOException;

  /** Bytes on disk. */
  long diskBytes();

  @Override
  void close();
}
