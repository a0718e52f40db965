package io.troika.server.service.waits;

import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers wait for a leader, so that nobody has to ask again and again during an election: the
 * questions of many clients would take from the nodes just the time that they need to elect one.
 *
 * <p>Waiters are woken on the executor. Safe for any thread.
 */
public final class LeaderWaits {
  /** Callers that wait at once. */
  static final int WAITERS_MAX = 10_000;

  /** The longest wait, whatever the caller's patience. */
  static final Duration WAIT_MAX = Duration.ofSeconds(10);

  /** A leader that is not ready after so long has lost its majority. */
  static final Duration START_MAX = Duration.ofSeconds(2);

  private final ReplicatedLog log;
  private final ServiceTimer timer;
  private final Executor executor;
  private final Object mutex = new Object();
  private final List<Waiter> waiters = new ArrayList<>(); // guarded by mutex
  private @Nullable CompletableFuture<Void> handOver; // guarded by mutex; whose end wakes
  private boolean closed; // guarded by mutex

  public LeaderWaits(ReplicatedLog log, ServiceTimer timer, Executor executor) {
    this.log = log;
    this.timer = timer;
    this.executor = executor;
    log.addLeadershipListener(announced -> wake());
  }

  /**
   * Completes once this node knows a leader of a term above {@code newerThan}; if that is this
   * node, once it is ready and not handing over; after {@code wait} with what is known then.
   *
   * @return fails with {@link OverloadedException}, {@link StoppingException}
   */
  public CompletableFuture<Leadership> find(long newerThan, Duration wait) {
    return await(now -> now.isKnown() && now.term() > newerThan && isSettled(now), wait);
  }

  /**
   * Makes a call that needs the leader: at once, unless this node was just elected or is handing
   * over; then on the executor, when it is ready, somebody else leads, or {@link #START_MAX} is
   * over. To refuse the call meanwhile would only make it come again. Afterwards it is refused as
   * ever, if it must be. One that was under way when the hand-over began, and is refused because of
   * it, hears of that when it is known who leads.
   *
   * @return fails as well with {@link OverloadedException}, {@link StoppingException}
   */
  public <T> CompletableFuture<T> whenStarted(Supplier<CompletableFuture<T>> call) {
    return isSettled(log.leadership())
        ? callNow(call)
        : await(this::isSettled, START_MAX).thenCompose(settled -> call.get());
  }

  /**
   * The same for a call that needs no entry in the log: a leader that hands over answers it as long
   * as it leads.
   */
  public <T> CompletableFuture<T> whenElected(Supplier<CompletableFuture<T>> call) {
    return log.leadership().isStarting()
        ? await(now -> !now.isStarting(), START_MAX).thenCompose(started -> call.get())
        : callNow(call);
  }

  private <T> CompletableFuture<T> callNow(Supplier<CompletableFuture<T>> call) {
    return call.get()
        .exceptionallyCompose(
            failure ->
                isNotLeader(failure) && !log.handOver().isDone()
                    ? await(this::isSettled, START_MAX)
                        .thenCompose(settled -> CompletableFuture.failedFuture(refusal(failure)))
                    : CompletableFuture.failedFuture(failure));
  }

  private static boolean isNotLeader(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof NotLeaderException;
  }

  /** The same, naming the next leader if there is one. */
  private Throwable refusal(Throwable before) {
    Leadership now = log.leadership();
    return now.elected() ? before : new NotLeaderException(now);
  }

  /** Whether it is not about to be another: then there is somebody to go to, or nobody knows. */
  private boolean isSettled(Leadership now) {
    boolean anotherLeads = now.isKnown() && !now.elected();
    return !now.isStarting() && (anotherLeads || log.handOver().isDone());
  }

  private CompletableFuture<Leadership> await(Predicate<Leadership> wanted, Duration patience) {
    Leadership now = log.leadership();
    if (wanted.test(now) || patience.isZero()) {
      return CompletableFuture.completedFuture(now);
    }
    Waiter waiter = new Waiter(wanted);
    synchronized (mutex) {
      if (closed) {
        return CompletableFuture.failedFuture(new StoppingException("this node stops"));
      }
      if (waiters.size() >= WAITERS_MAX) {
        return CompletableFuture.failedFuture(
            new OverloadedException("%s callers wait for a leader already".formatted(WAITERS_MAX)));
      }
      waiters.add(waiter);
    }
    Duration wait = patience.compareTo(WAIT_MAX) < 0 ? patience : WAIT_MAX;
    waiter.limitBy(timer.schedule(wait, () -> end(List.of(waiter))));
    // What changed before the waiter was in the list has not woken it.
    wake();
    return waiter.done;
  }

  /** A hand-over that fails changes no leadership, so nobody tells. */
  private void wakeAfter(CompletableFuture<Void> present) {
    synchronized (mutex) {
      if (present.isDone() || present == handOver) {
        return;
      }
      handOver = present;
    }
    var unused = present.thenRun(this::wake);
  }

  private void wake() {
    wakeAfter(log.handOver());
    Leadership now = log.leadership();
    List<Waiter> served;
    synchronized (mutex) {
      served = waiters.stream().filter(waiter -> waiter.wanted.test(now)).toList();
    }
    end(served);
  }

  private void end(List<Waiter> served) {
    List<Waiter> ended = new ArrayList<>();
    synchronized (mutex) {
      for (Waiter waiter : served) {
        if (waiters.remove(waiter)) {
          ended.add(waiter);
        }
      }
    }
    ended.forEach(waiter -> executor.execute(() -> waiter.end(log.leadership())));
  }

  /** Nobody waits any more, nor will. */
  public void close() {
    List<Waiter> ended;
    synchronized (mutex) {
      closed = true;
      ended = List.copyOf(waiters);
      waiters.clear();
    }
    ended.forEach(waiter -> waiter.fail(new StoppingException("this node stops")));
  }

  private static final class Waiter {
    private final Predicate<Leadership> wanted;
    private final CompletableFuture<Leadership> done = new CompletableFuture<>();
    private @Nullable Cancellable limit; // guarded by this

    Waiter(Predicate<Leadership> wanted) {
      this.wanted = wanted;
    }

    synchronized void limitBy(Cancellable timeout) {
      limit = timeout;
      if (done.isDone()) {
        timeout.cancel();
      }
    }

    void end(Leadership known) {
      done.complete(known);
      cancelLimit();
    }

    void fail(RuntimeException reason) {
      done.completeExceptionally(reason);
      cancelLimit();
    }

    private synchronized void cancelLimit() {
      if (limit != null) {
        limit.cancel();
      }
    }
  }
}
