package io.troika.it.history;

import java.util.Map;

/**
 * One try of one client to run one transaction, as the client saw it.
 *
 * @param id of the transaction, unique in the history; the same in {@link LoggedTransaction}
 * @param client the client that ran it
 * @param freshness what its begin asked for
 * @param beganNanos when the begin was called, {@link System#nanoTime} of the recording process
 * @param readTid what its reads saw: everything up to and including this tid
 * @param reads oid to the tid of the revision that was returned, 0 where there was no such object
 * @param checks oid to the serial that it must still have had at commit (readCurrent)
 * @param writes oid to the serial from which the write started
 * @param commitCalledNanos when commit was called, {@link Long#MAX_VALUE} if it never was
 * @param result how it ended
 */
public record Attempt(
    String id,
    String client,
    Freshness freshness,
    long beganNanos,
    long readTid,
    Map<Long, Long> reads,
    Map<Long, Long> checks,
    Map<Long, Long> writes,
    long commitCalledNanos,
    Result result) {

  public Attempt {
    reads = Map.copyOf(reads);
    checks = Map.copyOf(checks);
    writes = Map.copyOf(writes);
  }

  /** What a begin promised. */
  public enum Freshness {
    LINEARIZABLE,
    SESSION
  }

  /** How an attempt ended, as the client was told. */
  public sealed interface Result {}

  /** Committed at {@code tid}; the answer arrived at {@code nanos}. */
  public record Acknowledged(long tid, long nanos) implements Result {}

  /** The client was told for certain that nothing happened: a conflict, a refusal, an abort. */
  public record NotCommitted() implements Result {}

  /** The client never learned; both are allowed, but only once. */
  public record Unknown() implements Result {}

  /** There was nothing to commit. */
  public record ReadOnly() implements Result {}
}
