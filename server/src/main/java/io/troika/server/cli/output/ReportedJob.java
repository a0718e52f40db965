package io.troika.server.cli.output;

import io.troika.client.Job;
import io.troika.client.Job.State;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the cluster each second how far a command is, for its status page. Nothing depends on that:
 * when nobody listens, the command goes on. Has failed, unless it was said to have {@link
 * #succeeded}.
 */
public final class ReportedJob implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReportedJob.class);
  private static final long PAUSE_SECONDS = 1;

  private final TroikaClient client;
  private final String id = UUID.randomUUID().toString();
  private final String kind;
  private final String storage;
  private final String by = user();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "job-report");
            made.setDaemon(true);
            return made;
          });
  private volatile Step step = new Step("begins", "", 0, 0);
  private volatile String outcome = "";

  private record Step(String phase, String unit, long done, long total) {}

  private ReportedJob(TroikaClient client, String kind, String storage) {
    this.client = client;
    this.kind = kind;
    this.storage = storage;
  }

  /**
   * Begins to report.
   *
   * @param client belongs to the caller, who closes it later than this
   */
  public static ReportedJob begin(TroikaClient client, String kind, String storage) {
    ReportedJob job = new ReportedJob(client, kind, storage);
    var unused =
        job.thread.scheduleWithFixedDelay(
            () -> job.report(State.RUNNING, ""), 0, PAUSE_SECONDS, TimeUnit.SECONDS);
    return job;
  }

  /** The next part of the work; what it tells is handed on. */
  public TransactionProgress part(String phase, String unit, TransactionProgress shown) {
    step = new Step(phase, unit, 0, 0);
    return (done, total) -> {
      step = new Step(phase, unit, done, total);
      shown.advanced(done, total);
    };
  }

  /** It is done. */
  public void succeeded(String words) {
    outcome = words;
  }

  private void report(State state, String words) {
    Step now = step;
    try {
      client
          .admin()
          .reportJob(
              new Job(
                  id,
                  kind,
                  storage,
                  by,
                  state,
                  Instant.EPOCH,
                  Optional.empty(),
                  now.phase,
                  now.done,
                  now.total,
                  now.unit,
                  words));
    } catch (TroikaException e) {
      LOG.debug("nobody was told of the {} of {}", kind, storage, e);
    }
  }

  /** Who runs this command, and where. */
  public static String user() {
    String name = System.getProperty("user.name", "");
    try {
      return name + "@" + InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      LOG.debug("this machine has no name", e);
      return name;
    }
  }

  /** Says how it ended. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      // The last words are not to be followed by earlier ones.
      if (thread.awaitTermination(PAUSE_SECONDS, TimeUnit.SECONDS)) {
        boolean failed = outcome.isEmpty();
        report(failed ? State.FAILED : State.SUCCEEDED, failed ? "it was not finished" : outcome);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
