package io.troika.server.service.leader;

import io.troika.server.service.StoreService;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One question to whoever leads: the one bounded retry loop of {@link LeaderTransactions}. A try is
 * given up when its time is over or when somebody else leads by now; its late answer still counts
 * if it is the first.
 *
 * @param <T> what is answered
 */
final class LeaderAttempts<T> {
  /** How long one try may take where nothing is waited for but the leader itself. */
  static final Duration TRY_MAX = Duration.ofSeconds(5);

  private static final Duration PAUSE_MIN = Duration.ofMillis(5);
  private static final Duration PAUSE_MAX = Duration.ofMillis(200);

  private final StoreService service;
  private final ServiceTimer timer;
  private final Function<Leadership, @Nullable LeaderCalls> leaders;
  private final Call<T> call;
  private final long endNanos;
  private final Duration tryMax;
  private final CompletableFuture<T> answer = new CompletableFuture<>();

  private int tries; // guarded by this; the number of the present try
  private long triedTerm; // guarded by this
  private boolean trying; // guarded by this
  private Duration pause = PAUSE_MIN; // guarded by this

  /** One try. */
  interface Call<T> {
    CompletableFuture<T> to(Leader leader, Duration patience);
  }

  /** Whom to ask, and for the how manieth time. */
  record Leader(LeaderCalls calls, long term, boolean isFirst) {}

  LeaderAttempts(
      StoreService service,
      ServiceTimer timer,
      Function<Leadership, @Nullable LeaderCalls> leaders,
      Call<T> call,
      Duration patience,
      Duration tryMax) {
    this.service = service;
    this.timer = timer;
    this.leaders = leaders;
    this.call = call;
    this.endNanos = timer.nanoTime() + patience.toNanos();
    this.tryMax = tryMax;
  }

  CompletableFuture<T> answer() {
    return answer;
  }

  void start() {
    tryAt(service.leadership());
  }

  /** Ends the present try if another one leads now, who may answer. */
  void leaderChanged(Leadership now) {
    int abandoned;
    synchronized (this) {
      if (!trying || !now.isKnown() || now.isStarting() || now.term() <= triedTerm) {
        return;
      }
      abandoned = tries;
    }
    failed(abandoned, new OutcomeUnknownException("the leader was lost", new LostLeader(now)));
  }

  private void tryAt(Leadership leadership) {
    if (answer.isDone()) {
      return;
    }
    LeaderCalls calls;
    try {
      calls = leadership.isKnown() ? leaders.apply(leadership) : null;
    } catch (RuntimeException e) {
      answer.completeExceptionally(e); // as when this node stops: whoever waits hears of it
      return;
    }
    if (calls == null) {
      searchFor(leadership, new NotLeaderException(leadership));
      return;
    }
    Duration left = left();
    Duration patience = left.compareTo(tryMax) < 0 ? left : tryMax;
    int number;
    synchronized (this) {
      number = ++tries;
      triedTerm = leadership.term();
      trying = true;
    }
    Cancellable limit =
        timer.schedule(
            patience.plus(PAUSE_MAX),
            () ->
                failed(
                    number,
                    new OutcomeUnknownException(
                        "the leader did not answer in time",
                        new TimeoutException(patience.toMillis() + " ms"))));
    CompletableFuture<T> sent;
    try {
      sent = call.to(new Leader(calls, leadership.term(), number == 1), patience);
    } catch (RuntimeException e) {
      sent = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<?> unused =
        sent.whenComplete(
            (value, failure) -> {
              limit.cancel();
              if (failure == null) {
                answer.complete(value);
              } else {
                failed(number, failure);
              }
            });
  }

  private void failed(int number, Throwable failure) {
    synchronized (this) {
      if (!trying || number != tries) {
        return; // given up before
      }
      trying = false;
    }
    Throwable cause = FailureCause.of(failure);
    if (mayHelpToAskAgain(cause)) {
      searchFor(service.leadership(), cause);
    } else {
      answer.completeExceptionally(cause);
    }
  }

  private static boolean mayHelpToAskAgain(@Nullable Throwable cause) {
    return cause instanceof OutcomeUnknownException || cause instanceof NotNowException;
  }

  /** Looks for the next one to ask: at once if there is a newer one, else after a pause. */
  private void searchFor(Leadership known, Throwable cause) {
    Duration wait;
    long tried;
    synchronized (this) {
      tried = triedTerm;
      wait = pause.compareTo(left()) < 0 ? pause : left();
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
    }
    if (wait.isZero() || (cause instanceof StoppingException && !known.isKnown())) {
      answer.completeExceptionally(cause);
      return;
    }
    CompletableFuture<?> unused =
        service
            .findLeader(tried, wait)
            .whenComplete(
                (leadership, failure) -> {
                  if (failure != null) {
                    answer.completeExceptionally(failure);
                  } else {
                    tryAt(leadership);
                  }
                });
  }

  private Duration left() {
    long nanos = endNanos - timer.nanoTime();
    return nanos <= 0 ? Duration.ZERO : Duration.ofNanos(nanos);
  }

  /** Says in a stack of causes who leads by now. */
  private static final class LostLeader extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LostLeader(Leadership now) {
      super("term %s is led by %s".formatted(now.term(), now.leader()));
    }
  }
}
