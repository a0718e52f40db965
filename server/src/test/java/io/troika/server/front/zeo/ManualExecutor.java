package io.troika.server.front.zeo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks at once, or keeps them until the test lets them go: in between, what the applying
 * thread announced has not reached any connection. One task at a time.
 */
final class ManualExecutor implements Executor {
  private final Deque<Runnable> tasks = new ArrayDeque<>(); // guarded by this
  private boolean held; // guarded by this

  @Override
  public void execute(Runnable task) {
    synchronized (this) {
      if (held) {
        tasks.add(task);
        return;
      }
    }
    task.run();
  }

  synchronized void hold() {
    held = true;
  }

  /** Runs what was held, and holds no more. */
  void release() {
    for (Runnable task = next(); task != null; task = next()) {
      task.run();
    }
  }

  private synchronized @Nullable Runnable next() {
    held = !tasks.isEmpty();
    return tasks.poll();
  }
}
