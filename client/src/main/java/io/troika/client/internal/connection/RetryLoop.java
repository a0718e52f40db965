package io.troika.client.internal.connection;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.stub.StreamObserver;
import io.troika.client.BrokenException;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.LeaderInfo;
import io.troika.client.TroikaException;
import io.troika.client.internal.DurationText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call with all its tries: the only place that decides whether and where a request is sent
 * again (see {@link Verdict} and {@code DESIGN.md}). Bounded by the call's deadline and the
 * client's retry budget.
 *
 * <p>Invariants: at most one try is under way; an answer of a try that was given up is ignored; the
 * call ends exactly once. A committing call that may have reached a node ends without an answer
 * only with {@link CommitOutcomeUnknownException}.
 *
 * <p>Guarded by this: all fields that change. Nothing foreign is called with the lock held.
 */
final class RetryLoop<Q, R> {
  private static final Backoff PAUSES =
      new Backoff(Duration.ofMillis(5), 1.6, Duration.ofMillis(500));

  private static final int FIRST_TRIES = 4;

  private final CallContext context;
  private final Rpc<Q, R> rpc;
  private final Q request;
  private final CallPlan plan;
  private final long number;
  private final long startedNanos = System.nanoTime();
  private final long deadlineNanos;
  private final CompletableFuture<R> result = new CompletableFuture<>();
  private final Failures failures = new Failures();
  private final Unanswered unanswered;
  private final CallTracing.CallSpan span;
  private final Runnable next = this::next;
  private @Nullable Attempt attempt;
  private int tries;
  private int nodeTurn;
  private boolean mayHaveHappened;
  private boolean done;

  RetryLoop(CallContext context, Rpc<Q, R> rpc, Q request, CallPlan plan) {
    this.context = context;
    this.rpc = rpc;
    this.request = request;
    this.plan = plan;
    this.unanswered = new Unanswered(context, rpc, plan);
    this.number = context.listeners().nextNumber();
    this.span = context.tracing().begin(rpc.name());
    this.deadlineNanos = startedNanos + plan.left().toNanos();
    this.nodeTurn = context.firstTurn();
  }

  /** Begins; the future completes on an event loop or the timer, and fails as documented above. */
  CompletableFuture<R> start() {
    context.listeners().tell(listener -> listener.callStarted(number, rpc.name()));
    context.tokens().earn();
    next();
    return result;
  }

  /** Sends to the node whose turn it is, or waits for a leader. */
  private void next() {
    synchronized (this) {
      if (done || attempt != null) {
        return;
      }
    }
    Optional<String> refusal = context.refusal();
    if (refusal.isPresent()) {
      refuse(refusal.get());
    } else if (System.nanoTime() >= deadlineNanos) {
      expire();
    } else if (plan.node().isPresent()) {
      send(context.nodes().at(plan.node().get()));
    } else if (rpc.route() == Rpc.Route.LEADER) {
      Way leader = context.leaders().of(plan).way();
      if (leader.isKnown()) {
        send(context.nodes().at(leader.address()), leader.isDirect());
      } else {
        context.leaders().of(plan).whenKnown(next);
      }
    } else {
      send(context.anyNode(plan, nodeTurn));
    }
  }

  private void send(Node node) {
    send(node, true);
  }

  /**
   * @param direct whether that node is to do it itself, not to pass it on to the leader
   */
  private void send(Node node, boolean direct) {
    long now = System.nanoTime();
    Attempt sending;
    synchronized (this) {
      if (done || attempt != null) {
        return;
      }
      sending = new Attempt(node, direct, now);
      attempt = sending;
      tries++;
    }
    long nanos = Math.min(tryNanos(), Math.max(1, deadlineNanos - now));
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
    if (plan.commits().isPresent()) {
      options = options.withStreamTracerFactory(sending.sent);
    }
    Channel channel = span.telling(node.channel());
    if (!direct) {
      channel = PassedOn.to(context.leaders().groupOf(plan), channel);
    }
    sending.call = rpc.send(channel, options, request, sending);
    if (!isCurrent(sending)) {
      sending.cancel();
    }
  }

  /** What is safe and quick is first given little time, so that a silent node is left soon. */
  private long tryNanos() {
    long most = plan.tryTimeout().toNanos();
    if (rpc.route() != Rpc.Route.ANY_HEDGED) {
      return most;
    }
    return Math.min(most, context.hedgeNanos() << Math.min(tries - 1, FIRST_TRIES));
  }

  /** Looks after this call, some dozen times a second. */
  void sweep(long nowNanos) {
    Attempt silent = null;
    synchronized (this) {
      if (done) {
        return;
      }
      // One that is passed on is called back at once when there is a better way.
      if (attempt != null
          && (!attempt.direct || nowNanos - attempt.startedNanos >= context.hedgeNanos())) {
        silent = attempt;
      }
    }
    if (silent == null) {
      if (nowNanos >= deadlineNanos) {
        expire();
      } else if (context.refusal().isPresent()) {
        next(); // which waits for a leader in vain, and now knows why
      }
    } else if (rpc.route() == Rpc.Route.LEADER && plan.node().isEmpty()) {
      LeaderTracker leaders = context.leaders().of(plan);
      leaders.suspect(silent.node.address(), nowNanos);
      Way leader = leaders.way();
      if (leader.isKnown() && !silent.went(leader)) {
        giveUp(silent, "silent, and " + leader.describe());
      }
    }
  }

  private void giveUp(Attempt silent, String why) {
    if (endAttempt(silent)) {
      silent.cancel();
      again(silent, new Verdict.Again(Verdict.Reason.SILENT, true, LeaderInfo.NONE, why));
    }
  }

  private void failed(Attempt failed, Throwable thrown) {
    if (!endAttempt(failed)) {
      return;
    }
    Verdict verdict = Verdict.of(thrown);
    if (verdict instanceof Verdict.Final last) {
      finish(
          null,
          last.ofThisTry() && mayHaveHappened()
              ? unanswered.notLetIn(last.failure(), whatWasTried(null))
              : last.failure());
    } else if (verdict instanceof Verdict.Again again) {
      again(failed, again);
    }
  }

  private synchronized boolean mayHaveHappened() {
    return mayHaveHappened;
  }

  private void again(Attempt failed, Verdict.Again verdict) {
    int failuresBefore;
    synchronized (this) {
      failuresBefore = tries - 1;
      mayHaveHappened |= verdict.mayHaveHappened() && failed.mayHaveArrived();
      nodeTurn++;
      failures.add(failed.node, verdict);
    }
    Lessons.learn(context, plan, rpc.route(), failed.node, failed.direct, verdict);
    long now = System.nanoTime();
    long wish = Math.max(context.tokens().take(now), pauseNanos(verdict.reason(), failuresBefore));
    long pause = Math.max(wish, verdict.notBefore().toNanos());
    context
        .listeners()
        .tell(
            listener ->
                listener.callRetried(
                    number,
                    rpc.name(),
                    failed.node.address(),
                    verdict.text(),
                    Duration.ofNanos(pause)));
    span.retried(failed.node.address(), verdict.text());
    if (pause == 0) {
      next();
    } else {
      context.later(next, Math.min(pause, Math.max(0, deadlineNanos - now)));
    }
  }

  /** The first time another node is tried at once: it is likely to be the right one. */
  private long pauseNanos(Verdict.Reason reason, int failuresBefore) {
    boolean sameNode = reason == Verdict.Reason.BUSY || reason == Verdict.Reason.UNSURE;
    boolean atOnce = failuresBefore < context.nodes().all().size() && !sameNode;
    return atOnce && plan.node().isEmpty() ? 0 : PAUSES.nanos(failuresBefore);
  }

  /** It would go to nobody knows which cluster. */
  private void refuse(String why) {
    if (mayHaveHappened() && plan.commits().isPresent()) {
      end(why);
    } else {
      finish(null, unanswered.differentCluster(why));
    }
  }

  /** Time is up. */
  private void expire() {
    end("no answer within " + DurationText.of(plan.timeout()));
  }

  /**
   * Ends the call without an answer, because time is up, its caller gave up or the client closes.
   */
  void end(String why) {
    Attempt last;
    boolean before;
    synchronized (this) {
      last = attempt;
      attempt = null;
      before = mayHaveHappened;
    }
    if (last != null) {
      last.cancel();
    }
    // Asked after that: what is not on its way by now never will be.
    boolean unknown = before || (last != null && last.mayHaveArrived());
    finish(null, unanswered.noAnswer(why, unknown, whatWasTried(last)));
  }

  private String whatWasTried(@Nullable Attempt last) {
    int made;
    List<String> troubles;
    synchronized (this) {
      made = tries;
      troubles = failures.describe();
    }
    return unanswered.describe(made, troubles, last == null ? null : last.describeSilence());
  }

  private void finish(@Nullable R answer, @Nullable TroikaException failure) {
    int sent;
    synchronized (this) {
      if (done) {
        return;
      }
      done = true;
      sent = tries;
      if (failure != null) {
        failures.suppressIn(failure);
      }
    }
    context.ended(this, next);
    span.end(sent, failure);
    Duration took = Duration.ofNanos(System.nanoTime() - startedNanos);
    context
        .listeners()
        .tell(
            listener ->
                listener.callFinished(
                    number, rpc.name(), sent, took, Optional.ofNullable(failure)));
    if (failure != null) {
      result.completeExceptionally(failure);
    } else {
      result.complete(answer);
    }
  }

  private synchronized boolean isCurrent(Attempt candidate) {
    return attempt == candidate;
  }

  private synchronized boolean endAttempt(Attempt ended) {
    if (attempt != ended) {
      return false;
    }
    attempt = null;
    return true;
  }

  /** One try at one node. */
  private final class Attempt implements StreamObserver<R> {
    private final Node node;
    private final boolean direct;
    private final long startedNanos;
    private final SentMark sent = new SentMark();
    private volatile @Nullable ClientCall<?, ?> call;
    private volatile boolean failed;
    private @Nullable R answer;

    Attempt(Node node, boolean direct, long startedNanos) {
      this.node = node;
      this.direct = direct;
      this.startedNanos = startedNanos;
    }

    /**
     * Without a sign that it left this process the node can't have done anything. Of one that is
     * not cancelled, as it is just being sent by another thread, that can't be said.
     */
    boolean mayHaveArrived() {
      return plan.commits().isEmpty() || sent.isSent() || (call == null && !failed);
    }

    String describeSilence() {
      Duration waited = Duration.ofNanos(System.nanoTime() - startedNanos);
      return node.address() + ": no answer for " + DurationText.of(waited);
    }

    boolean went(Way way) {
      return node.address().equals(way.address()) && direct == way.isDirect();
    }

    void cancel() {
      ClientCall<?, ?> sending = call;
      if (sending != null) {
        sending.cancel("the client no longer waits for this answer", null);
      }
    }

    @Override
    public void onNext(R message) {
      answer = message;
    }

    @Override
    public void onError(Throwable thrown) {
      failed = true;
      failed(this, thrown);
    }

    @Override
    public void onCompleted() {
      if (!endAttempt(this)) {
        return;
      }
      R complete = answer;
      if (complete == null) {
        finish(null, new BrokenException(node.address() + " ended the call without answer", null));
      } else {
        finish(complete, null);
      }
    }
  }
}
