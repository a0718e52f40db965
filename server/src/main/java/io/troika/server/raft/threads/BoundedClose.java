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

  private BoundedClose() {}

  /** How it is closed. */
  public interface Closing {
    void run() throws IOException;
  }

  /**
   * Waits until it is closed, or has been interrupted; that it failed is logged.
   *
   * @param name of the thread that does it
   */
  public static void run(String name, Closing closing) {
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
      closer.join(CLOSE_MAX.toMillis());
      if (closer.isAlive()) {
        logger.warn("{} has not ended in {}; it is interrupted", name, CLOSE_MAX);
        closer.interrupt();
        closer.join(INTERRUPTED_CLOSE_MAX.toMillis());
      }
    } catch (InterruptedException e) {
      closer.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
