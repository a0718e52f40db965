package io.troika.server.raft.entries;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.log.LogEntryCodec;
import io.troika.server.raft.entries.CommandLane.Waiting;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.TransactionTrace;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.ratis.protocol.ClientId;
import org.jspecify.annotations.Nullable;

/**
 * Turns commands into log entries: what waits when no entry is on its way becomes the next one. So
 * a lone command goes out at once and a crowd shares the cost of an entry. Those who were just
 * answered are waited for a moment ({@link Gathering}). Only much data ({@link
 * Limits#pipelinedBytesMin}) is worth a second entry in flight. Chunks of blobs have entries of
 * their own, beside the others, and smaller ones while there are others: see {@link CommandLane}.
 *
 * <p>Life of an entry: waiting commands → in flight → settled when this node applies it. If Ratis
 * refuses it before it could reach the log, its commands fail as "nothing happened". If Ratis gives
 * it up later (this node lost its leadership), the entry is <em>unsettled</em>: the next leader may
 * have it or not. It settles when this node, now a follower, applies it, or applies another entry
 * at its index (then it is certainly lost, and nothing happened), or else, after {@link
 * Limits#unsettledMax}, as an unknown outcome. A planned transfer of leadership thus fails no
 * command, because the transfer waits until the next leader has all entries.
 *
 * <p>Safe for any thread. {@code lock} guards all fields; nothing is completed, encoded or appended
 * while it is held. Futures complete on the thread that applies entries: what depends on them must
 * be short.
 */
public final class EntryBatcher {

  /**
   * Bounds.
   *
   * @param entryBytesMax the largest encoded entry
   * @param entryCommandsMax commands in one entry
   * @param queueCommandsMax commands that wait; more are refused as overload
   * @param queueBytesMax their encoded size together; an empty queue takes any command
   * @param entriesInFlightMax entries appended and not yet applied, of either lane
   * @param pipelinedBytesMin with an entry in flight, another is begun only if so much waits: each
   *     costs messages and flushes on all nodes, which a few small commands are not worth
   * @param unsettledMax how long an entry whose fate is open is waited for
   */
  public record Limits(
      int entryBytesMax,
      int entryCommandsMax,
      int queueCommandsMax,
      long queueBytesMax,
      int entriesInFlightMax,
      int pipelinedBytesMin,
      Duration unsettledMax) {
    private static final int PIPELINED_BYTES_MIN = 128 << 10;

    /** What a small commit may wait for that comes behind one. */
    private static final int BULK_ENTRY_BYTES_MAX = 520 << 10;

    public static Limits of(int entryBytesMax, Duration unsettledMax) {
      return new Limits(
          entryBytesMax, 4_096, 16_384, 64L << 20, 2, PIPELINED_BYTES_MIN, unsettledMax);
    }

    int commandBytesMax() {
      return entryBytesMax - LogEntryCodec.ENTRY_OVERHEAD_BYTES;
    }

    private CommandLane.Limits lane(int bytesMax) {
      return new CommandLane.Limits(
          Math.min(entryBytesMax, bytesMax),
          entryCommandsMax,
          entriesInFlightMax,
          pipelinedBytesMin);
    }
  }

  /** Where entries go. */
  interface Appender {
    /**
     * Hands the entry to the log. The future completes exceptionally when the log gives the entry
     * up; success says nothing, because the entry settles by {@link #applied}.
     *
     * @param pending to be told, by the log's own thread, when it is about to be appended
     */
    CompletableFuture<Void> append(PendingEntry pending, byte[] entry);

    /** Why an entry was refused, as an error of the family "not now". */
    RuntimeException refusal(Throwable cause);
  }

  private record Batch(PendingEntry pending, LogEntry entry) {}

  private final Limits limits;
  private final Appender appender;
  private final TaskTimer timer;
  private final InstantSource clock;
  private final Duration outcomeRetention;

  private final Object lock = new Object();
  private final CommandLane ordinary;
  private final CommandLane bulk;
  private final EntriesUnderWay underWay = new EntriesUnderWay();
  private ClientId client = ClientId.randomId();
  private long lastCallId;
  private boolean looksAgain;
  private long nextLookNanos;
  private @Nullable Supplier<RuntimeException> closed;

  public EntryBatcher(
      Limits limits,
      Appender appender,
      TaskTimer timer,
      InstantSource clock,
      Duration outcomeRetention) {
    this.limits = limits;
    this.appender = appender;
    this.timer = timer;
    this.clock = clock;
    this.outcomeRetention = outcomeRetention;
    this.ordinary = new CommandLane(limits.lane(limits.entryBytesMax()));
    this.bulk = new CommandLane(limits.lane(Limits.BULK_ENTRY_BYTES_MAX));
  }

  /** The largest encoded command. */
  public int commandBytesMax() {
    return limits.commandBytesMax();
  }

  /** Takes a command; see {@link io.troika.server.service.ports.ReplicatedLog#submit}. */
  public CompletableFuture<Outcome> submit(Command command) {
    return submit(command, TransactionTrace.NONE);
  }

  /**
   * The same.
   *
   * @param trace told when the command's entry was applied here
   */
  public CompletableFuture<Outcome> submit(Command command, TransactionTrace trace) {
    int bytes = LogEntryCodec.encodedSize(command);
    if (bytes > limits.commandBytesMax()) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException(
              "a command of %d bytes: at most %d bytes fit into a log entry"
                  .formatted(bytes, limits.commandBytesMax())));
    }
    Waiting waiting = new Waiting(command, bytes, new CompletableFuture<>(), trace);
    synchronized (lock) {
      if (closed != null) {
        return CompletableFuture.failedFuture(closed.get());
      }
      if (isFullFor(bytes)) {
        return CompletableFuture.failedFuture(
            new OverloadedException(
                "%d commands of %d bytes wait for the log already"
                    .formatted(queuedCommands(), queuedBytes())));
      }
      (CommandLane.isBulk(command) ? bulk : ordinary).add(waiting, timer.nanoTime());
    }
    appendWaiting();
    return waiting.outcome();
  }

  private boolean isFullFor(int bytes) {
    return queuedCommands() >= limits.queueCommandsMax()
        || (queuedCommands() > 0 && queuedBytes() + bytes > limits.queueBytesMax());
  }

  private int queuedCommands() {
    return ordinary.size() + bulk.size();
  }

  private long queuedBytes() {
    return ordinary.bytes() + bulk.bytes();
  }

  /** From now on entries carry another client id: this node begins a term as leader. */
  public void beginTerm() {
    synchronized (lock) {
      client = ClientId.randomId();
    }
  }

  /** Whether no entry is on its way to the log or in it without being applied. */
  public boolean isIdle() {
    synchronized (lock) {
      return underWay.areNoneInFlight();
    }
  }

  private void appendWaiting() {
    for (Batch batch = nextBatch(); batch != null; batch = nextBatch()) {
      PendingEntry pending = batch.pending();
      CompletableFuture<Void> appended;
      try {
        appended = appender.append(pending, LogEntryCodec.encode(batch.entry()));
      } catch (RuntimeException e) {
        appended = CompletableFuture.failedFuture(e);
      }
      var unused =
          appended.whenComplete(
              (ignored, failure) -> {
                if (failure != null) {
                  givenUp(pending, failure);
                }
              });
    }
  }

  private @Nullable Batch nextBatch() {
    synchronized (lock) {
      long nanoTime = timer.nanoTime();
      List<Waiting> next =
          isKept(nanoTime) ? List.of() : ordinary.next(underWay.inFlight(false), false);
      boolean isBulk = next.isEmpty();
      if (isBulk) {
        next = bulk.next(underWay.inFlight(true), ordinary.isInUse(nanoTime));
      }
      if (next.isEmpty()) {
        return null;
      }
      List<TransactionTrace> traces =
          next.stream().map(Waiting::trace).filter(each -> each != TransactionTrace.NONE).toList();
      PendingEntry pending =
          new PendingEntry(
              client,
              ++lastCallId,
              isBulk,
              nanoTime,
              next.stream().map(Waiting::outcome).toList(),
              traces);
      underWay.add(pending);
      List<Command> commands = next.stream().map(Waiting::command).toList();
      return new Batch(
          pending, new LogEntry(clock.millis(), outcomeRetention.toMillis(), commands));
    }
  }

  /** Whether ordinary commands wait for others to join them; looks again when that is over. */
  private boolean isKept(long nanoTime) {
    long nanos = ordinary.keptNanos(underWay.inFlight(false), nanoTime);
    boolean isLookSoon = looksAgain && nextLookNanos - nanoTime <= nanos;
    if (nanos > 0 && !isLookSoon) {
      looksAgain = true;
      nextLookNanos = nanoTime + nanos;
      // Never cancelled: one too many finds nothing to do.
      var unused = timer.schedule(this::lookAgain, Duration.ofNanos(nanos));
    }
    return nanos > 0;
  }

  private void lookAgain() {
    synchronized (lock) {
      looksAgain = false;
    }
    appendWaiting();
  }

  /** The log will not answer for this entry any more. */
  private void givenUp(PendingEntry pending, Throwable cause) {
    boolean nothingHappened = !pending.mayBeAppended();
    synchronized (lock) {
      if (!underWay.giveUp(pending, nothingHappened)) {
        return; // applied meanwhile
      }
    }
    if (nothingHappened) {
      pending.fail(appender.refusal(cause));
    } else {
      // Never cancelled: it is rare, and does nothing when the entry has settled.
      var unused = timer.schedule(() -> waitedTooLong(pending, cause), limits.unsettledMax());
    }
    appendWaiting();
  }

  private void waitedTooLong(PendingEntry pending, Throwable cause) {
    synchronized (lock) {
      if (!underWay.settle(pending)) {
        return;
      }
    }
    pending.fail(
        new OutcomeUnknownException(
            "the entry of call %d was appended, and its fate was not learned within %s"
                .formatted(pending.callId(), limits.unsettledMax()),
            cause));
  }

  /**
   * An entry was applied here; if it is one of ours, its commands are answered.
   *
   * @param outcomes one a command, in order
   * @param nanos what applying it took
   */
  public void applied(
      LogPosition position, ClientId entryClient, long callId, List<Outcome> outcomes, long nanos) {
    PendingEntry ours;
    synchronized (lock) {
      ours = underWay.settle(entryClient, callId);
      if (ours != null && !ours.isBulk()) {
        long now = timer.nanoTime();
        ordinary.answered(ours.size(), now - ours.begunNanos(), now);
      }
    }
    if (ours != null) {
      checkInvariant(
          ours.size() == outcomes.size(),
          "entry %s: %s outcomes of %s commands",
          position,
          outcomes.size(),
          ours.size());
      appendWaiting();
      ours.traced(position, nanos);
      ours.complete(outcomes);
    }
    passed(position);
  }

  /**
   * The log has this entry at {@code position}: another that was appended at the same index is
   * lost. Only the same index tells; one below may have been passed by a checkpoint.
   */
  public void passed(LogPosition position) {
    fail(
        pending -> pending.index() == position.index(),
        pending ->
            appender.refusal(
                new IllegalStateException(
                    "entry %d was replaced by the next leader".formatted(pending.index()))));
  }

  /** A checkpoint replaced the state up to {@code position}: whether it holds ours is unknown. */
  public void jumped(LogPosition position) {
    IllegalStateException cause =
        new IllegalStateException("a checkpoint at %s was installed".formatted(position));
    fail(
        pending -> pending.index() >= 0 && pending.index() <= position.index(),
        pending ->
            new OutcomeUnknownException(
                "entry %d was appended and not applied here".formatted(pending.index()), cause));
  }

  /** Settles those that are wanted. Some may be in flight still, and then others wait for them. */
  private void fail(
      Predicate<PendingEntry> wanted, Function<PendingEntry, RuntimeException> cause) {
    List<PendingEntry> settled;
    synchronized (lock) {
      settled = underWay.settle(wanted);
    }
    if (!settled.isEmpty()) {
      settled.forEach(pending -> pending.fail(cause.apply(pending)));
      appendWaiting();
    }
  }

  /** Ends all: nothing is appended any more, what may be in the log ends as unknown. */
  public void close(Supplier<RuntimeException> refusal) {
    List<Waiting> waiting;
    List<PendingEntry> open;
    synchronized (lock) {
      closed = refusal;
      waiting = new ArrayList<>(ordinary.drain());
      waiting.addAll(bulk.drain());
      open = underWay.settle(each -> true);
    }
    waiting.forEach(each -> each.outcome().completeExceptionally(refusal.get()));
    open.forEach(
        pending ->
            pending.fail(
                new OutcomeUnknownException(
                    "this node stopped before it applied the entry of call " + pending.callId(),
                    refusal.get())));
  }
}
