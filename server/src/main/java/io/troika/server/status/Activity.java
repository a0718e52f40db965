package io.troika.server.status;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.ports.TransactionListener;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The last minutes of this node, a sample for each second of the wall clock: what it applied, and,
 * while it led, how long commits took. Bounded. Safe for any thread.
 */
public final class Activity implements TransactionListener, StateEvents.Listener {
  /** How many samples are kept. */
  public static final int SECONDS = 600;

  private static final long MILLIS_PER_SECOND = 1_000;
  private static final int NANOS_PER_MICRO = 1_000;

  private final LongSupplier clockMillis;
  private final ArrayDeque<Sample> samples = new ArrayDeque<>(SECONDS);
  private final Latencies latencies = new Latencies();
  private long second;
  private int commits;
  private int conflicts;

  /**
   * One second.
   *
   * @param second since 1970
   * @param commits transactions that became visible on this node
   * @param conflicts transactions that this node refused because of a conflict, as the leader
   * @param p50Micros from a commit's call to its answer, on the leader; -1 where none was measured
   * @param p99Micros likewise
   */
  public record Sample(long second, int commits, int conflicts, int p50Micros, int p99Micros) {
    static Sample quiet(long second) {
      return new Sample(second, 0, 0, -1, -1);
    }
  }

  /**
   * Begins now.
   *
   * @param clockMillis the wall clock, since 1970
   */
  public Activity(LongSupplier clockMillis) {
    this.clockMillis = clockMillis;
    this.second = clockMillis.getAsLong() / MILLIS_PER_SECOND;
  }

  /** The seconds that are over, the oldest first, without gaps; at most {@link #SECONDS}. */
  public synchronized List<Sample> samples() {
    roll();
    return List.copyOf(samples);
  }

  @Override
  public synchronized void committed(StorageId storage, List<TransactionRecord> transactions) {
    roll();
    commits += transactions.size();
  }

  @Override
  public void replaced() {
    // What others committed meanwhile did not happen here in any second.
  }

  @Override
  public synchronized void ended(TransactionOutcome outcome, long nanos) {
    roll();
    if (outcome instanceof Committed) {
      latencies.add(nanos / NANOS_PER_MICRO);
    } else if (outcome instanceof Conflict || outcome instanceof UndoConflict) {
      conflicts++;
    }
  }

  @Override
  public void failed(Throwable reason, long nanos) {
    // Counted by the metrics.
  }

  @Override
  public void aborted() {
    // Likewise.
  }

  /** Ends the seconds that are over. A wall clock that was set back stands still here meanwhile. */
  private void roll() {
    long now = clockMillis.getAsLong() / MILLIS_PER_SECOND;
    if (now <= second) {
      return;
    }
    add(new Sample(second, commits, conflicts, latencies.quantile(50), latencies.quantile(99)));
    for (long quiet = Math.max(second + 1, now - SECONDS); quiet < now; quiet++) {
      add(Sample.quiet(quiet));
    }
    second = now;
    commits = 0;
    conflicts = 0;
    latencies.clear();
  }

  private void add(Sample sample) {
    if (samples.size() == SECONDS) {
      samples.removeFirst();
    }
    samples.addLast(sample);
  }
}
