package io.troika.server.tracing;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.ports.TransactionTrace;
import io.troika.server.service.ports.TransactionTracer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Transactions as spans, below that of the call that brought them:
 *
 * <pre>
 *   commit | restore | vote | finish        from the call to its answer
 *     sequence                              locks and checks, before the log
 *     log                                   from the log's queue to the outcome: fsync by a majority
 *       apply                               the entry, on this node
 * </pre>
 */
public final class TransactionSpans implements TransactionTracer {
  static final AttributeKey<String> TRANSACTION = AttributeKey.stringKey("troika.transaction");
  static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("troika.outcome");
  static final AttributeKey<Long> LOG_INDEX = AttributeKey.longKey("troika.log.index");
  static final AttributeKey<Long> LOG_TERM = AttributeKey.longKey("troika.log.term");

  private final Tracer tracer;

  public TransactionSpans(OpenTelemetry telemetry) {
    this.tracer = telemetry.getTracer("io.troika.server");
  }

  @Override
  public TransactionTrace begin(String what, TransactionId id) {
    Span whole = tracer.spanBuilder(what).setAttribute(TRANSACTION, id.toString()).startSpan();
    return whole.isRecording() ? new Spans(whole) : TransactionTrace.NONE;
  }

  private final class Spans implements TransactionTrace {
    private final Span whole;
    private final Span sequence;
    private @Nullable Span log; // guarded by this

    private Spans(Span whole) {
      this.whole = whole;
      this.sequence = below(whole, "sequence");
    }

    private Span below(Span parent, String name) {
      return tracer.spanBuilder(name).setParent(Context.root().with(parent)).startSpan();
    }

    @Override
    public synchronized void submitted() {
      sequence.end();
      log = below(whole, "log");
    }

    @Override
    public synchronized void applied(LogPosition position, long nanos) {
      Span entry = log;
      if (entry == null) {
        return;
      }
      entry.setAttribute(LOG_INDEX, position.index()).setAttribute(LOG_TERM, position.term());
      Instant now = Instant.now();
      tracer
          .spanBuilder("apply")
          .setParent(Context.root().with(entry))
          .setStartTimestamp(now.minusNanos(nanos))
          .startSpan()
          .end(now);
    }

    @Override
    public synchronized void ended(@Nullable Object answer, @Nullable Throwable failure) {
      sequence.end(); // again does nothing
      if (log != null) {
        log.end();
      }
      if (failure != null) {
        whole.setStatus(StatusCode.ERROR, String.valueOf(failure.getMessage()));
      } else if (answer != null) {
        whole.setAttribute(OUTCOME, answer.getClass().getSimpleName());
        if (!(answer instanceof Committed || answer instanceof Voted)) {
          whole.setStatus(StatusCode.ERROR, "not committed");
        }
      }
      whole.end();
    }
  }
}
