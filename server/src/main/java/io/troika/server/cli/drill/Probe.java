package io.troika.server.cli.drill;

import io.troika.client.TroikaException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One client that makes a small call again and again, on a thread of its own. */
final class Probe {
  /** Between two calls: a client with something to do, not a load test. */
  private static final long PAUSE_MILLIS = 5;

  private final Runnable call;
  private final Thread thread;
  private final Gaps gaps = new Gaps(); // guarded by this
  private int failed; // guarded by this
  private @Nullable TroikaException failure; // guarded by this
  private volatile boolean stopping;

  /**
   * Not started.
   *
   * @param call throws a TroikaException if it failed
   */
  Probe(String name, Runnable call) {
    this.call = call;
    this.thread = new Thread(this::loop, name);
    thread.setDaemon(true);
  }

  Probe start() {
    thread.start();
    return this;
  }

  private void loop() {
    while (!stopping) {
      callOnce();
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return; // nobody interrupts it but a JVM that ends
      }
    }
  }

  private void callOnce() {
    try {
      call.run();
      long now = System.nanoTime();
      synchronized (this) {
        gaps.answered(now);
        notifyAll();
      }
    } catch (TroikaException e) {
      synchronized (this) {
        failed++;
        failure = failure == null ? e : failure;
        notifyAll();
      }
    }
  }

  /**
   * Waits until so many calls were answered after {@code afterNanos}, or {@code untilNanos}.
   *
   * @return whether they were
   */
  synchronized boolean awaitAnswers(int wanted, long afterNanos, long untilNanos)
      throws InterruptedException {
    while (gaps.countAfter(afterNanos) < wanted) {
      long millis = TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime());
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  /** When its calls were answered; not to be used before it has stopped. */
  synchronized Gaps gaps() {
    return gaps;
  }

  synchronized int failed() {
    return failed;
  }

  /** The first failure; null if no call failed. */
  synchronized @Nullable TroikaException failure() {
    return failure;
  }

  /** Lets the call under way end. */
  void stop() throws InterruptedException {
    stopping = true;
    thread.join();
  }
}
