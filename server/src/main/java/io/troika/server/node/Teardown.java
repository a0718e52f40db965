package io.troika.server.node;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has been started, to be stopped the other way round. For one thread at a time. */
final class Teardown implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(Teardown.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** Stops all parts, also when one of them fails. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        // The others must still be stopped; nobody is left who could do more about this one.
        logger.error("{} did not stop in good order", part.getClass().getSimpleName(), e);
      }
    }
  }

  /** The same after a failed start, whose cause is what people should see. */
  void closeAfter(Throwable cause) {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        cause.addSuppressed(e);
      }
    }
  }
}
