package io.troika.it.history;

/**
 * One promise that the history breaks.
 *
 * @param promise which one
 * @param facts who, what was expected and what was found
 */
public record Violation(Promise promise, String facts) {

  /** What design.md section 2 promises, as far as a history can show it. */
  public enum Promise {
    /** The tids of the log increase strictly. */
    TIDS_INCREASE,
    /** Every acknowledged transaction is in the log, with the tid that was acknowledged. */
    DURABLE,
    /** No transaction is in the log twice. */
    ONCE,
    /** A transaction whose client was told that nothing happened is not in the log. */
    NOTHING_HAPPENED,
    /** A read view at tid T sees exactly the transactions with tid <= T. */
    READ_VIEW,
    /** Nobody else committed a write to the same object between a writer's serial and its tid. */
    FIRST_COMMITTER_WINS,
    /** An object listed in readCurrent did not change between its serial and the commit. */
    READ_CURRENT,
    /** A linearizable begin sees all that was acknowledged before it was called. */
    LINEARIZABLE_BEGIN,
    /** A transaction whose commit was called after another's acknowledgement has a greater tid. */
    REAL_TIME_ORDER,
    /** What one client sees never goes back. */
    MONOTONIC_SESSION
  }
}
