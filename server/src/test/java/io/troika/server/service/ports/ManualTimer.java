package io.troika.server.service.ports;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Time that moves only when a test says so; tasks run on the thread that moves it. */
public final class ManualTimer implements ServiceTimer {
  private final List<Task> tasks = new ArrayList<>(); // guarded by this
  private long nanos = 1_000_000_000L; // guarded by this

  private record Task(long at, Runnable run) {}

  @Override
  public synchronized long nanoTime() {
    return nanos;
  }

  @Override
  public synchronized Cancellable schedule(Duration delay, Runnable run) {
    Task task = new Task(nanos + delay.toNanos(), run);
    tasks.add(task);
    return () -> remove(task);
  }

  private synchronized boolean remove(Task task) {
    return tasks.remove(task);
  }

  /** Moves time, running what is due in the order in which it is. */
  public void advance(Duration by) {
    long end = nanoTime() + by.toNanos();
    for (Task due = nextBefore(end); due != null; due = nextBefore(end)) {
      due.run().run();
    }
    synchronized (this) {
      nanos = end;
    }
  }

  private synchronized @Nullable Task nextBefore(long end) {
    Task due =
        tasks.stream()
            .filter(task -> task.at() <= end)
            .min(Comparator.comparingLong(Task::at))
            .orElse(null);
    if (due != null) {
      tasks.remove(due);
      nanos = due.at();
    }
    return due;
  }

  /** Tasks that are not called off and did not run. */
  public synchronized int pending() {
    return tasks.size();
  }
}
