package io.troika.server.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.service.ports.TransactionListener;

/** Counts how transactions end, and measures how long commits take. */
final class TransactionMetrics implements TransactionListener {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  private final Counter ends;
  private final Counter overQuota;
  private final Histogram commitSeconds;

  TransactionMetrics(PrometheusRegistry registry) {
    ends =
        Counter.builder()
            .name("troika_transactions_total")
            .help("Transactions that ended at this node while it led, by how.")
            .labelNames("result")
            .register(registry);
    for (String result :
        new String[] {
          "committed", "conflict", "undo_conflict", "abandoned", "rejected", "failed", "aborted"
        }) {
      ends.initLabelValues(result);
    }
    overQuota =
        Counter.builder()
            .name("troika_transactions_over_quota_total")
            .help("Transactions that were refused because of their storage's quota.")
            .register(registry);
    commitSeconds =
        Histogram.builder()
            .name("troika_commit_duration_seconds")
            .help("From the call that commits to its answer, of transactions that committed.")
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);
  }

  @Override
  public void ended(TransactionOutcome outcome, long nanos) {
    ends.labelValues(name(outcome)).inc();
    if (outcome instanceof Rejected rejected && rejected.reason() == Reason.QUOTA_EXCEEDED) {
      overQuota.inc();
    }
    if (outcome instanceof Committed) {
      commitSeconds.observe(nanos / NANOS_PER_SECOND);
    }
  }

  private static String name(TransactionOutcome outcome) {
    if (outcome instanceof Committed) {
      return "committed";
    } else if (outcome instanceof Conflict) {
      return "conflict";
    } else if (outcome instanceof UndoConflict) {
      return "undo_conflict";
    } else if (outcome instanceof Abandoned) {
      return "abandoned";
    } else if (outcome instanceof Rejected) {
      return "rejected";
    }
    throw new IllegalStateException("an outcome without a name: " + outcome);
  }

  @Override
  public void failed(Throwable reason, long nanos) {
    ends.labelValues("failed").inc();
  }

  @Override
  public void aborted() {
    ends.labelValues("aborted").inc();
  }
}
