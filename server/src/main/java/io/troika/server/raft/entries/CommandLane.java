package io.troika.server.raft.entries;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Outcome;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.service.ports.TransactionTrace;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Commands of one kind that wait for the log, and how many entries of theirs are on their way.
 * {@link EntryBatcher} has two: what somebody waits for at the end of a transaction does not queue
 * behind chunks of blobs. Guarded by the batcher's lock. Times are readings of one monotonic clock
 * in nanoseconds.
 */
final class CommandLane {
  /** Who commits one thing after the other is not gone because the last answer took long. */
  static final Duration IN_USE = Duration.ofMillis(100);

  /**
   * Bounds.
   *
   * @param entryBytesMax an encoded entry of more than one command
   * @param entryCommandsMax commands in one entry
   * @param entriesInFlightMax entries appended and not yet applied
   * @param pipelinedBytesMin with an entry in flight, another is begun only if so much waits
   */
  record Limits(
      int entryBytesMax, int entryCommandsMax, int entriesInFlightMax, int pipelinedBytesMin) {
    /** A chunk of a blob. What is in flight already is what others wait for. */
    private static final int YIELDING_ENTRY_BYTES_MAX = 136 << 10;

    private Limits yielding() {
      return new Limits(
          Math.min(entryBytesMax, YIELDING_ENTRY_BYTES_MAX),
          entryCommandsMax,
          1,
          pipelinedBytesMin);
    }
  }

  record Waiting(
      Command command, int bytes, CompletableFuture<Outcome> outcome, TransactionTrace trace) {}

  private final Limits limits;
  private final Limits yielding;
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
  private final Gathering gathering = new Gathering();
  private long queueBytes;
  private boolean used;
  private long lastAddedNanos;

  CommandLane(Limits limits) {
    this.limits = limits;
    this.yielding = limits.yielding();
  }

  /** Whether it is one of those that are many, and that nobody waits for one by one. */
  static boolean isBulk(Command command) {
    return command instanceof StageChunk;
  }

  void add(Waiting waiting, long nanoTime) {
    queue.add(waiting);
    queueBytes += waiting.bytes();
    used = true;
    lastAddedNanos = nanoTime;
  }

  /** Whether somebody came within {@link #IN_USE}: others will probably follow. */
  boolean isInUse(long nanoTime) {
    return used && nanoTime - lastAddedNanos < IN_USE.toNanos();
  }

  int size() {
    return queue.size();
  }

  long bytes() {
    return queueBytes;
  }

  /**
   * An entry of this lane is applied: those who are answered are worth waiting for.
   *
   * @param commands how many it had
   * @param flightNanos how long it was under way
   */
  void answered(int commands, long flightNanos, long nanoTime) {
    gathering.answered(commands, queue.size(), flightNanos, nanoTime);
  }

  /** How long what waits is kept back for others to join it; 0: it is not. */
  long keptNanos(int entriesInFlight, long nanoTime) {
    return queue.isEmpty() || entriesInFlight > 0 || queueBytes >= limits.pipelinedBytesMin()
        ? 0
        : gathering.leftNanos(queue.size(), nanoTime);
  }

  /**
   * What becomes the next entry, first come first; empty if none is worth it now.
   *
   * @param entriesInFlight of this lane
   * @param yields whether the other lane is in use, and this one has to keep out of its way
   */
  List<Waiting> next(int entriesInFlight, boolean yields) {
    Limits now = yields ? yielding : limits;
    if (queue.isEmpty() || !isWorthAnEntry(entriesInFlight, now)) {
      return List.of();
    }
    List<Waiting> taken = new ArrayList<>();
    long bytes = LogEntryCodec.ENTRY_OVERHEAD_BYTES;
    for (@Nullable Waiting next = queue.peek();
        next != null
            && (taken.isEmpty() || bytes + next.bytes() <= now.entryBytesMax())
            && taken.size() < now.entryCommandsMax();
        next = queue.peek()) {
      queue.remove();
      queueBytes -= next.bytes();
      bytes += next.bytes();
      taken.add(next);
    }
    return taken;
  }

  private boolean isWorthAnEntry(int entriesInFlight, Limits now) {
    return entriesInFlight == 0
        || (entriesInFlight < now.entriesInFlightMax() && queueBytes >= now.pipelinedBytesMin());
  }

  /** Empties it. */
  List<Waiting> drain() {
    List<Waiting> all = List.copyOf(queue);
    queue.clear();
    queueBytes = 0;
    return all;
  }
}
