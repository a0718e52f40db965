package io.troika.it.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** N clients, each with one request under way at a time, for a fixed time. */
final class ClosedLoop {
  private static final long LATENCY_NANOS_MAX = TimeUnit.MINUTES.toNanos(1);

  private ClosedLoop() {}

  /**
   * What one run measured.
   *
   * @param perSecond acknowledged requests per second over all clients
   * @param latency in nanoseconds
   */
  record Result(double perSecond, Histogram latency) {
    double millis(double percentile) {
      return latency.getValueAtPercentile(percentile) / 1e6;
    }
  }

  /** Runs with one worker a thread; a failed request ends the run with its exception. */
  static Result run(CommitTarget target, int clients, Duration time) throws Exception {
    List<CommitTarget.Worker> workers = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      for (int i = 0; i < clients; i++) {
        workers.add(target.worker(i));
      }
      long start = System.nanoTime();
      long end = start + time.toNanos();
      List<Callable<Histogram>> loops = new ArrayList<>();
      for (CommitTarget.Worker worker : workers) {
        loops.add(() -> loop(worker, end));
      }
      Histogram all = new Histogram(LATENCY_NANOS_MAX, 3);
      for (Future<Histogram> loop : threads.invokeAll(loops)) {
        all.add(loop.get());
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      return new Result(all.getTotalCount() / seconds, all);
    } finally {
      threads.shutdownNow();
    }
  }

  private static Histogram loop(CommitTarget.Worker worker, long endNanos) throws Exception {
    Histogram latency = new Histogram(LATENCY_NANOS_MAX, 3);
    for (long now = System.nanoTime(); now < endNanos; ) {
      worker.commit();
      long after = System.nanoTime();
      latency.recordValue(Math.min(after - now, LATENCY_NANOS_MAX));
      now = after;
    }
    return latency;
  }
}
