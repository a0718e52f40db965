package io.troika.server.raft.threads;

import java.time.Duration;

/** Does something again and again, from its start until it is stopped. Safe for any thread. */
public final class Periodic {
  private final TaskTimer timer;
  private final Duration period;
  private final Runnable task;
  private volatile boolean stopped;

  /**
   * @param task run on a thread of the timer that it must not block, first after one period
   */
  public Periodic(TaskTimer timer, Duration period, Runnable task) {
    this.timer = timer;
    this.period = period;
    this.task = task;
  }

  public void start() {
    var unused = timer.schedule(this::run, period);
  }

  public void stop() {
    stopped = true;
  }

  public boolean isStopped() {
    return stopped;
  }

  private void run() {
    if (!stopped) {
      start(); // first: a division that is about to stop may throw at what follows
      task.run();
    }
  }
}
