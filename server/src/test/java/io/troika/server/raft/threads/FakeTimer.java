package io.troika.server.raft.threads;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that stands still until a test moves it; tasks run in the moving thread, in due order. */
public final class FakeTimer implements TaskTimer {
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.comparingLong(Task::dueNanos).thenComparingLong(Task::sequence));
  private long nanos;
  private long sequence;

  private record Task(long dueNanos, long sequence, Runnable work) {}

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Runnable schedule(Runnable work, Duration delay) {
    Task task = new Task(nanos + delay.toNanos(), sequence++, work);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  /** Moves time on, running on the way what becomes due. */
  public void advance(Duration by) {
    long until = nanos + by.toNanos();
    while (!tasks.isEmpty() && tasks.peek().dueNanos() <= until) {
      Task due = tasks.remove();
      nanos = Math.max(nanos, due.dueNanos());
      due.work().run();
    }
    nanos = until;
  }

  public int scheduled() {
    return tasks.size();
  }
}
