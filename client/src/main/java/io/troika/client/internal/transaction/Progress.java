package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireState;

import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.ConflictException;
import io.troika.client.TransactionId;
import io.troika.client.TroikaException;
import io.troika.client.internal.Futures;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How far a transaction is, and under which id it is sent; its parts in several storages share it.
 * For one thread at a time, but for what is noted when an answer comes.
 */
final class Progress {
  private final Supplier<TransactionId> ids;
  private @Nullable TransactionId sent; // guarded by this
  private boolean interrupted; // guarded by this; nobody waits for the commit any more
  private @Nullable TransactionId staging; // of the first commit, if blobs are staged for it
  private int blobCount;
  private volatile State state = State.OPEN;

  private enum State {
    OPEN("open"),
    COMMITTING("being committed"),
    COMMITTED("committed"),
    FAILED("ended by a failed commit"),
    ABORTED("aborted");

    private final String words;

    State(String words) {
      this.words = words;
    }
  }

  Progress(Supplier<TransactionId> ids) {
    this.ids = ids;
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  void requireOpen() {
    State now = state;
    requireState(now == State.OPEN, "the transaction is %s already: begin another one", now.words);
  }

  void committing() {
    requireOpen();
    state = State.COMMITTING;
  }

  /**
   * The commit has ended.
   *
   * @return what blobs are staged for in vain, or null
   */
  synchronized @Nullable TransactionId ended(@Nullable Throwable failure) {
    state = failure == null ? State.COMMITTED : State.FAILED;
    // A conflict may have been found before the transaction had an outcome.
    boolean conflict = failure != null && Futures.reason(failure) instanceof ConflictException;
    return conflict && blobCount > 0 ? sent : null;
  }

  /** As {@link #ended}, of one that was not sent. */
  @Nullable TransactionId aborted() {
    requireOpen();
    state = State.ABORTED;
    return staging;
  }

  /** Under which blobs are staged: with it the transaction is sent first. */
  TransactionId stagingId() {
    TransactionId id = staging;
    if (id == null) {
      id = ids.get();
      staging = id;
    }
    return id;
  }

  /** The number of the next blob; no two of the transaction have the same. */
  int nextBlob() {
    return blobCount++;
  }

  /**
   * The id under which it is sent next.
   *
   * @throws UnavailableException if whoever waits for it was {@link #interruptedCommit}: what was
   *     said then of what was sent, or was not, stays true
   */
  synchronized TransactionId nextId() {
    if (interrupted) {
      throw Futures.interrupted();
    }
    TransactionId staged = staging;
    staging = null;
    TransactionId id = staged == null ? ids.get() : staged;
    sent = id;
    return id;
  }

  /** For whoever is interrupted while it waits for the commit: nothing more is sent. */
  synchronized TroikaException interruptedCommit() {
    interrupted = true;
    TransactionId id = sent;
    return id == null
        ? Futures.interrupted()
        : new CommitOutcomeUnknownException(
            "interrupted while committing; outcome of transaction " + id + " unknown", id, null);
  }
}
