package io.troika.server.cli.serve;

import io.troika.server.cli.logging.Logging;
import io.troika.server.cli.options.ExitCodes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until this process is asked to stop (SIGTERM, Ctrl-C, the end of standard input) or
 * something in it breaks; stops what runs, within a bounded time, and decides the exit code: 0 for
 * a stop that was asked for, however it was asked.
 *
 * <p>The work is done in the JVM's shutdown hook, because that is where signals arrive; whatever
 * else ends the JVM comes by there too.
 */
final class StopSignal {
  private static final Logger logger = LoggerFactory.getLogger(StopSignal.class);

  /** Whoever sends SIGTERM expects the end within 10 s. */
  private static final long STOP_SECONDS_MAX = 9;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicReference<@Nullable Runnable> stopper = new AtomicReference<>();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  private StopSignal() {}

  /** Takes over the end of this JVM. */
  static StopSignal install() {
    StopSignal signal = new StopSignal();
    Runtime.getRuntime().addShutdownHook(new Thread(signal::onShutdown, "stop"));
    return signal;
  }

  /** What to do when asked to stop. Before this is called a stop ends the process at once. */
  void whenAsked(Runnable action) {
    stopper.set(action);
  }

  /** Something broke: the process has to end, and not with 0. */
  void broken(Throwable cause) {
    broken.set(cause);
    logger.error("This process is broken and ends", cause);
    ended.countDown();
  }

  /** What was started does not get ready: the process ends by itself, and not with 0. */
  void failed(Throwable cause) {
    broken.set(cause);
  }

  /** Ends this process when nobody holds the other end of its standard input any more. */
  void whenStandardInputEnds() {
    Thread reader =
        new Thread(
            () -> {
              try {
                long unused = System.in.transferTo(OutputStream.nullOutputStream());
              } catch (IOException e) {
                logger.debug("standard input failed, which is its end too", e);
              }
              ended.countDown();
            },
            "stdin");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Waits for the end. After a signal it never returns: the JVM is in its shutdown then.
   *
   * @return the exit code
   */
  int await() throws InterruptedException {
    ended.await();
    return broken.get() == null ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private void onShutdown() {
    Runnable action = stopper.get();
    boolean stopped = action != null && stop(action);
    Logging.flush();
    boolean good = stopped && broken.get() == null;
    // Not the 143 or 130 of a JVM that a signal ended: it was asked to stop and did.
    Runtime.getRuntime().halt(good ? ExitCodes.OK : ExitCodes.FAILED);
  }

  private static boolean stop(Runnable action) {
    Thread stopping = new Thread(action, "stopping");
    stopping.setDaemon(true);
    stopping.start();
    try {
      stopping.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS_MAX));
    } catch (InterruptedException e) {
      logger.warn("interrupted while stopping", e);
    }
    if (stopping.isAlive()) {
      logger.error("Not stopped after {} s; ending all the same", STOP_SECONDS_MAX);
    }
    return !stopping.isAlive();
  }
}
