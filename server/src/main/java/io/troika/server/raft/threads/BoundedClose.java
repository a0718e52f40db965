package io.troika.server.raft.threads;

import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what is Ratis's, within some seconds. Ratis 3.3 can wait for itself there: the log's
 * {@code close} holds the log's write lock and joins the thread that evicts cached segments, which
 * wants that lock. An interrupt ends that join. What is left undone then is no promise's part:
 * everything acknowledged was flushed before.
 */
public final class BoundedClose {
  private static final Logger logger = LoggerFactory.getLogger(BoundedClose.class);

  private static final Duration CLOSE_MAX = Duration.ofSeconds(4);
  private static final Duration INTERRUPTED_CLOSE_MAX = Duration.ofSeconds(1);
  private static final Duration HELP_EACH = Duration.ofMillis(10);

  private BoundedClose() {}

  /** How it is closed. */
  public interface Closing {
    void run() throws IOException;
  }

  /**
   * Waits until it is closed, or has been interrupted; that it failed is logged.
   *
   * @param name of the thread that does it
   * @param meanwhile done again and again until it is closed, to help it along; must neither wait
   *     nor throw
   */
  public static void run(String name, Closing closing, Runnable meanwhile) {
    run(name, closing, meanwhile, CLOSE_MAX);
  }

  static void run(String name, Closing closing, Runnable meanwhile, Duration closeMax) {
    Thread closer =
        new Thread(
            () -> {
              try {
                closing.run();
              } catch (IOException e) {
                logger.warn("{}: Raft did not close in good order", name, e);
              }
            },
            name);
    closer.setDaemon(true);
    closer.start();
    try {
      long startNanos = System.nanoTime();
      while (closer.isAlive() && System.nanoTime() - startNanos < closeMax.toNanos()) {
        meanwhile.run();
        closer.join(HELP_EACH.toMillis());
      }
      if (closer.isAlive()) {
        logger.warn("{} has not ended in {}; it is interrupted", name, closeMax);
        closer.interrupt();
        closer.join(INTERRUPTED_CLOSE_MAX.toMillis());
      }
    } catch (InterruptedException e) {
      closer.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
