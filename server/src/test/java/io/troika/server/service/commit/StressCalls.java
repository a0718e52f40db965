package io.troika.server.service.commit;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.VoteAnswer.Refused;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The calls for one transaction, each checked when it is answered. Of one client's thread, but for
 * {@link #commit}, which any may call.
 */
final class StressCalls {
  private static final long ANSWER_SECONDS_MAX = 120;

  private final SequencerStress stress;
  private final TransactionRequest request;

  /** Acknowledged to somebody before this transaction began, so its tid must be greater. */
  private final Tid floor;

  private long validUntilNanos;
  // Of the last answer that was waited for.
  private boolean unknown;
  private boolean sessionUnknown;

  StressCalls(SequencerStress stress, TransactionRequest request, Tid floor) {
    this.stress = stress;
    this.request = request;
    this.floor = floor;
  }

  CompletableFuture<TransactionOutcome> commit(Duration patience) {
    return checked(stress.counted(stress.sequencer().commit(request, patience)));
  }

  CompletableFuture<VoteAnswer> vote(Duration patience) {
    long before = stress.timer().nanoTime();
    return stress
        .counted(stress.sequencer().vote(request, patience, SessionHolder.PRESENT))
        .thenApply(
            answer -> {
              if (answer instanceof Voted voted) {
                validUntilNanos = before + voted.lease().toNanos();
                claim();
              } else if (answer instanceof Refused refused) {
                stress.learn(request.id(), refused.outcome());
              }
              return answer;
            });
  }

  private void claim() {
    stress
        .witness()
        .claim(
            request.id(),
            request.writes().stream().map(Write::oid).toList(),
            request.reads().stream().map(ReadCheck::oid).toList(),
            validUntilNanos);
  }

  void abort() {
    stress.witness().ending(request.id(), () -> stress.sequencer().abort(request.id()));
  }

  /** Nothing may come of a finish after an abort. */
  void finishAborted() throws InterruptedException {
    TransactionOutcome outcome =
        await(checked(stress.counted(stress.sequencer().finish(request.id()))));
    if (outcome != null) {
      stress.violation("%s was finished after its abort: %s".formatted(request.id(), outcome));
    }
  }

  /** Finishes what was voted: null if that failed. */
  @Nullable TransactionOutcome finish(Voted voted) throws InterruptedException {
    boolean termOver = stress.term() > voted.term();
    TransactionOutcome outcome =
        await(checked(stress.counted(stress.sequencer().finish(request.id()))));
    if (termOver && outcome != null) {
      stress.violation(
          "%s, voted in term %s, was finished in a later one"
              .formatted(request.id(), voted.term()));
    }
    if (outcome != null && !(outcome instanceof Committed) && stress.isCalm()) {
      stress.violation("%s was voted, and its finish is %s".formatted(request.id(), outcome));
    }
    if (sessionUnknown
        && stress.term() == voted.term()
        && stress.timer().nanoTime() < validUntilNanos) {
      stress.violation("%s lost its session within term and lease".formatted(request.id()));
    }
    return outcome;
  }

  /** The answer; null if the call failed in a way that is allowed. */
  <T> @Nullable T await(CompletableFuture<T> answer) throws InterruptedException {
    unknown = false;
    sessionUnknown = false;
    try {
      return answer.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      stress.violation("%s was not answered".formatted(request.id()));
    } catch (ExecutionException e) {
      Throwable failure = requireNonNull(e.getCause());
      unknown = failure instanceof OutcomeUnknownException;
      sessionUnknown =
          failure instanceof RequestRefusedException refused
              && refused.reason() == Reason.UNKNOWN_SESSION;
      if (!unknown && !sessionUnknown && !(failure instanceof NotNowException)) {
        stress.violation("%s failed: %s".formatted(request.id(), failure));
      }
      stress.failed(failure);
    }
    return null;
  }

  /** Whether the last answer that was waited for left the outcome open. */
  boolean isUnknown() {
    return unknown;
  }

  private CompletableFuture<TransactionOutcome> checked(CompletableFuture<TransactionOutcome> of) {
    return of.thenApply(
        outcome -> {
          TransactionId id = request.id();
          stress.learn(id, outcome);
          if (outcome instanceof Committed committed) {
            TransactionOutcome applied = stress.store().outcome(id);
            if (!committed.equals(applied)) {
              stress.violation("%s: acknowledged %s, applied %s".formatted(id, outcome, applied));
            }
            if (committed.tid().compareTo(floor) <= 0) {
              stress.violation(
                  "%s: %s, begun after %s was acknowledged".formatted(id, outcome, floor));
            }
          }
          return outcome;
        });
  }
}
