package io.troika.it.zodb;

import io.troika.client.TroikaException;
import io.troika.it.cluster.ClusterProbe;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Hands leadership over again and again, until closed. */
final class LeadershipTransfers implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofSeconds(2);

  private final ClusterProbe probe;
  private final AtomicInteger done = new AtomicInteger();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  private LeadershipTransfers(ClusterProbe probe) {
    this.probe = probe;
  }

  static LeadershipTransfers start(ClusterProbe probe) {
    LeadershipTransfers transfers = new LeadershipTransfers(probe);
    var unused =
        transfers.timer.scheduleWithFixedDelay(
            transfers::transfer, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    return transfers;
  }

  private void transfer() {
    try {
      var unused = probe.client().admin().transferLeadership("");
      done.incrementAndGet();
    } catch (TroikaException e) {
      System.out.println("a transfer did not come about: " + e.getMessage());
    }
  }

  /** How many came about. */
  int count() {
    return done.get();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
