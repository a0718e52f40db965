package io.troika.server.raft;

import java.time.Duration;

/** Does something again and again, from its start until it is stopped. Safe for any thread. */
final class Periodic {
  private final TaskTimer timer;
  private final Duration period;
  private final Runnable task;
  private volatile boolean stopped;

  /**
   * @param task run on a thread of the timer that it must not block, first after one period
   */
  Periodic(TaskTimer timer, Duration period, Runnable task) {
    this.timer = timer;
    this.period = period;
    this.task = task;
  }

  void start() {
    var unused = timer.schedule(this::run, period);
  }

  void stop() {
    stopped = true;
  }

  boolean isStopped() {
    return stopped;
  }

  private void run() {
    if (!stopped) {
      start(); // first: a division that is about to stop may throw at what follows
      task.run();
    }
  }
}
