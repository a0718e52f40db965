package io.troika.server.status;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The jobs that this node was told of: those that run, and the last ones that ended. In memory, and
 * bounded: of too many the oldest give way. Safe for any thread.
 */
public final class JobBoard {
  /** How many run at most. */
  public static final int RUNNING_MAX = 100;

  /** How many that ended are kept. */
  public static final int ENDED_MAX = 20;

  /** Who says nothing so long has probably ended without a word. */
  static final Duration SILENCE_MAX = Duration.ofSeconds(30);

  private final LongSupplier clockMillis;
  private final Map<String, Heard> running = new LinkedHashMap<>(); // guarded by this
  private final Deque<Job> ended = new ArrayDeque<>(); // the newest first; guarded by this

  private record Heard(Job job, long atMillis) {}

  /**
   * Knows of none.
   *
   * @param clockMillis the wall clock, since 1970
   */
  public JobBoard(LongSupplier clockMillis) {
    this.clockMillis = clockMillis;
  }

  /** What its doer says of a job now; its times are set here, who it is by stays as first said. */
  public synchronized void heard(Job news) {
    long now = clockMillis.getAsLong();
    Heard before = running.get(news.id());
    Optional<Job> silent =
        ended.stream()
            .filter(job -> job.id().equals(news.id()) && job.state() == Job.State.SILENT)
            .findFirst();
    Optional<Job> known = before == null ? silent : Optional.of(before.job);
    Job said = known.map(job -> news.by(job.by())).orElse(news);
    long started = known.map(Job::startedMillis).orElse(now);
    silent.ifPresent(ended::remove); // one that was taken for dead was not
    if (said.isRunning()) {
      if (before == null && running.size() >= RUNNING_MAX) {
        running.remove(running.keySet().iterator().next());
      }
      ended.removeIf(job -> job.id().equals(said.id()));
      running.put(said.id(), new Heard(said.at(started, 0), now));
    } else if (ended.stream().noneMatch(job -> job.id().equals(said.id()))) {
      running.remove(said.id());
      end(said.at(started, now));
    }
  }

  private void end(Job job) {
    ended.addFirst(job);
    if (ended.size() > ENDED_MAX) {
      ended.removeLast();
    }
  }

  /** Those that run, the oldest first, then those that ended, the newest first. */
  public synchronized List<Job> jobs() {
    long now = clockMillis.getAsLong();
    running
        .values()
        .removeIf(
            heard -> {
              boolean silent = now - heard.atMillis >= SILENCE_MAX.toMillis();
              if (silent) {
                end(
                    heard.job.silent(
                        heard.atMillis, "no word for %s s".formatted(SILENCE_MAX.toSeconds())));
              }
              return silent;
            });
    List<Job> jobs = new ArrayList<>();
    running.values().forEach(heard -> jobs.add(heard.job));
    jobs.addAll(ended);
    return List.copyOf(jobs);
  }
}
