package io.troika.server.service.pack;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome.GarbageStale;
import io.troika.server.core.command.Outcome.Packing;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.ports.ServiceTimer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one pack while this node leads: a step through the log, a pause of at least the time that
 * it took, the next step. So whatever else waits for the log gets at least half of it, and waits
 * for one step at most. A step that fails is taken again: where the pack is, the replicated state
 * says.
 *
 * <p>One thing after the other, each on the executor; no two at a time.
 */
final class PackJob {
  private static final Logger logger = LoggerFactory.getLogger(PackJob.class);

  /** Revisions, or objects of transactions, that one step looks at. */
  static final int STEP_ROWS = 200;

  /** And bytes of data. */
  static final long STEP_BYTES = 512 << 10;

  private static final Duration PAUSE_MIN = Duration.ofMillis(2);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(200);

  private final ReplicatedLog log;
  private final RevisionReader reader;
  private final ReferenceFinder finder;
  private final ServiceTimer timer;
  private final Executor executor;
  private final long markBytesMax;
  private final StorageId storage;
  private final Runnable ended;
  private volatile boolean stopped;
  private @Nullable GarbageSearch search;

  /**
   * @param ended called once, when there is nothing more to do here
   */
  PackJob(
      ReplicatedLog log,
      RevisionReader reader,
      ReferenceFinder finder,
      ServiceTimer timer,
      Executor executor,
      long markBytesMax,
      StorageId storage,
      Runnable ended) {
    this.log = log;
    this.reader = reader;
    this.finder = finder;
    this.timer = timer;
    this.executor = executor;
    this.markBytesMax = markBytesMax;
    this.storage = storage;
    this.ended = ended;
  }

  void start() {
    executor.execute(this::next);
  }

  /** No step after the present one. */
  void stop() {
    stopped = true;
  }

  private void next() {
    try {
      step();
    } catch (RuntimeException e) {
      // The store was replaced, or another leader's step came between two reads: begin anew.
      logger.warn("A step of the pack of {} failed; it is taken again", storage, e);
      search = null;
      again(PAUSE_AFTER_FAILURE.toNanos());
    }
  }

  private void step() {
    if (stopped || !log.leadership().self()) {
      ended.run();
      return;
    }
    PackState state = reader.pack(storage);
    if (state == null || !state.isRunning()) {
      ended.run();
      return;
    }
    long begin = timer.nanoTime();
    @Nullable Command command = command(state);
    if (command == null) {
      again(timer.nanoTime() - begin);
      return;
    }
    CompletableFuture<?> unused =
        log.submit(command)
            .whenComplete(
                (outcome, failure) -> {
                  if (failure != null) {
                    again(PAUSE_AFTER_FAILURE.toNanos());
                    return;
                  }
                  if (outcome instanceof Packing && !(command instanceof PackStep)) {
                    taken();
                  }
                  again(timer.nanoTime() - begin);
                });
  }

  private @Nullable Command command(PackState state) {
    if (state.phase() != Phase.GARBAGE) {
      search = null;
      return new PackStep(storage, state.horizon(), STEP_ROWS, STEP_BYTES);
    }
    if (search == null) {
      search = new GarbageSearch(reader, finder, state, markBytesMax);
    }
    return search.advance();
  }

  /**
   * After {@link GarbageStale} not: the search looks at what came since, then gives it out again.
   */
  private void taken() {
    GarbageSearch present = search;
    if (present != null) {
      present.removed();
    }
  }

  private void again(long pauseNanos) {
    if (stopped) {
      ended.run();
      return;
    }
    Duration pause = Duration.ofNanos(Math.max(pauseNanos, PAUSE_MIN.toNanos()));
    timer.schedule(
        pause,
        () -> {
          if (!stopped) {
            executor.execute(this::next);
          }
        });
  }
}
