package io.troika.client.internal.transaction;

import io.troika.client.ConflictException;
import io.troika.client.HistoryReplacedException;
import io.troika.client.Tid;
import io.troika.client.TroikaException;
import io.troika.client.UnavailableException;
import io.troika.client.internal.Futures;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.connection.Backoff;
import io.troika.client.internal.connection.ClientThreads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs a function in a transaction until one run is committed. Repeats after a conflict only: that
 * nothing of the run was committed is then certain, so the next one may do it all again.
 */
final class RunLoop {
  /** Short: with LINEARIZABLE views the next run sees what it conflicted with. */
  private static final Backoff PAUSES =
      new Backoff(Duration.ofMillis(1), 1.7, Duration.ofMillis(250));

  /** The last ones tell most; a long struggle must not fill the memory. */
  private static final int SUPPRESSED_MAX = 8;

  private final Duration timeout;
  private final Listeners listeners;
  private final ClientThreads threads;

  /** Runs that wait for their turn: the timer forgets them when it ends. */
  private final Set<PausedRun> paused = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  /**
   * @param timeout no run begins later than this after the first one
   */
  RunLoop(Duration timeout, Listeners listeners, ClientThreads threads) {
    this.timeout = timeout;
    this.listeners = listeners;
    this.threads = threads;
  }

  /** What the function returned, and the tid of the commit. */
  record Committed<T>(T result, Tid tid) {}

  <X extends Committable, T> Committed<T> run(Supplier<X> begin, Function<X, T> body) {
    Attempts attempts = new Attempts();
    while (true) {
      X transaction = begin.get();
      try (transaction) {
        T result = body.apply(transaction);
        return new Committed<>(result, transaction.isOpen() ? transaction.commit() : Tid.NONE);
      } catch (ConflictException | HistoryReplacedException e) {
        pause(attempts.pauseNanosAfter(transaction, e).orElseThrow(() -> e));
      }
    }
  }

  private static void pause(long nanos) {
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      if (Thread.currentThread().isInterrupted()) {
        throw Futures.interrupted();
      }
      LockSupport.parkNanos(left);
    }
  }

  <X extends Committable, T> CompletableFuture<T> runAsync(
      Supplier<X> begin, Function<X, CompletableFuture<T>> body) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Attempts attempts = new Attempts();
    threads.users().execute(() -> runOnce(begin, body, attempts, result));
    return result;
  }

  private <X extends Committable, T> void runOnce(
      Supplier<X> begin,
      Function<X, CompletableFuture<T>> body,
      Attempts attempts,
      CompletableFuture<T> result) {
    X transaction = begin.get();
    Futures.whenDone(
        bodyOf(transaction, body)
            .thenCompose(value -> commitIfOpen(transaction).thenApply(tid -> value)),
        threads.users(),
        (value, reason) -> {
          transaction.close();
          if (reason == null) {
            result.complete(value);
          } else {
            repeatOrFail(transaction, begin, body, attempts, result, reason);
          }
        });
  }

  private <X extends Committable, T> void repeatOrFail(
      Committable failed,
      Supplier<X> begin,
      Function<X, CompletableFuture<T>> body,
      Attempts attempts,
      CompletableFuture<T> result,
      Throwable failure) {
    OptionalLong pauseNanos =
        failure instanceof ConflictException || failure instanceof HistoryReplacedException
            ? attempts.pauseNanosAfter(failed, (TroikaException) failure)
            : OptionalLong.empty();
    if (pauseNanos.isEmpty()) {
      result.completeExceptionally(failure);
      return;
    }
    PausedRun run = new PausedRun(result);
    paused.add(run);
    Runnable again =
        () -> {
          if (paused.remove(run)) {
            runOnce(begin, body, attempts, result);
          }
        };
    boolean scheduled = threads.later(() -> threads.users().execute(again), pauseNanos.getAsLong());
    // Looked at after it was added: either this sees that it is closed, or close() sees it.
    if (closed || !scheduled) {
      giveUp(run);
    }
  }

  /** One that waits; who removes it from the set decides what becomes of it. */
  private static final class PausedRun {
    private final CompletableFuture<?> result;

    PausedRun(CompletableFuture<?> result) {
      this.result = result;
    }
  }

  private void giveUp(PausedRun run) {
    if (paused.remove(run)) {
      run.result.completeExceptionally(
          new UnavailableException("the client was closed before the next run", null));
    }
  }

  /** Ends the runs that wait to run again; the others end with the calls that they make. */
  void close() {
    closed = true;
    paused.forEach(this::giveUp);
  }

  private static <X extends Committable, T> CompletableFuture<T> bodyOf(
      X transaction, Function<X, CompletableFuture<T>> body) {
    try {
      return Objects.requireNonNull(body.apply(transaction), "the function returned no future");
    } catch (RuntimeException | Error e) {
      // Errors too: nobody else is told of them, and somebody waits.
      return CompletableFuture.failedFuture(e);
    }
  }

  private static CompletableFuture<?> commitIfOpen(Committable transaction) {
    return transaction.isOpen()
        ? transaction.commitInternally()
        : CompletableFuture.completedFuture(Boolean.TRUE);
  }

  /** The runs of one call. For one thread at a time. */
  private final class Attempts {
    private final long deadlineNanos = System.nanoTime() + timeout.toNanos();
    private final Deque<TroikaException> earlier = new ArrayDeque<>();
    private int failed;

    /** How long to wait before the next run; empty: no time is left for another one. */
    OptionalLong pauseNanosAfter(Committable transaction, TroikaException conflict) {
      long nanos = PAUSES.nanos(failed);
      if (System.nanoTime() + nanos >= deadlineNanos) {
        earlier.stream().filter(each -> each != conflict).forEach(conflict::addSuppressed);
        return OptionalLong.empty();
      }
      failed++;
      earlier.addLast(conflict);
      if (earlier.size() > SUPPRESSED_MAX) {
        earlier.removeFirst();
      }
      Duration pause = Duration.ofNanos(nanos);
      String name = transaction.name();
      listeners.tell(listener -> listener.runRepeated(name, failed, conflict, pause));
      return OptionalLong.of(nanos);
    }
  }
}
