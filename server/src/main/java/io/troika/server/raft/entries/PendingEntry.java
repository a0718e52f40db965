package io.troika.server.raft.entries;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ports.TransactionTrace;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.statemachine.TransactionContext;
import org.jspecify.annotations.Nullable;

/** A log entry that this node has made, and those who wait for the outcomes of its commands. */
public final class PendingEntry {
  private final ClientId client;
  private final long callId;
  private final boolean isBulk;
  private final long begunNanos;
  private final List<CompletableFuture<Outcome>> waiters;
  private final List<TransactionTrace> traces;
  private volatile @Nullable TransactionContext transaction;
  private volatile boolean appending;

  /**
   * @param begunNanos when it was made, by the clock of whoever made it
   * @param traces of those of its commands that are traced
   */
  PendingEntry(
      ClientId client,
      long callId,
      boolean isBulk,
      long begunNanos,
      List<CompletableFuture<Outcome>> waiters,
      List<TransactionTrace> traces) {
    this.client = client;
    this.callId = callId;
    this.isBulk = isBulk;
    this.begunNanos = begunNanos;
    this.waiters = List.copyOf(waiters);
    this.traces = List.copyOf(traces);
  }

  ClientId client() {
    return client;
  }

  long callId() {
    return callId;
  }

  /** Whether it has chunks of blobs and nothing else. */
  boolean isBulk() {
    return isBulk;
  }

  long begunNanos() {
    return begunNanos;
  }

  /** From here on the entry may be in the log, whatever Ratis says. */
  public void appending(TransactionContext context) {
    transaction = context;
    appending = true;
  }

  /** Whether it may be in the log. Once false is seen after a refusal, it never will be. */
  boolean mayBeAppended() {
    return appending;
  }

  /** The index at which it was appended, or -1 if that was not learned. */
  long index() {
    TransactionContext context = transaction;
    return context == null || context.getLogEntry() == null ? -1 : context.getLogEntry().getIndex();
  }

  /** Tells those who trace its commands that it was applied. */
  void traced(LogPosition position, long nanos) {
    traces.forEach(trace -> trace.applied(position, nanos));
  }

  /** Tells each waiter its outcome. */
  void complete(List<Outcome> outcomes) {
    for (int i = 0; i < waiters.size(); i++) {
      waiters.get(i).complete(outcomes.get(i));
    }
  }

  void fail(Throwable cause) {
    waiters.forEach(waiter -> waiter.completeExceptionally(cause));
  }

  int size() {
    return waiters.size();
  }
}
