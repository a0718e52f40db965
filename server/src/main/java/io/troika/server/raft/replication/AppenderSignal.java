package io.troika.server.raft.replication;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.apache.ratis.util.AwaitForSignal;

/**
 * What the thread waits for that sends entries to one follower. Ratis gives a signal at each entry,
 * each answer, each step of the commit index and of that of each follower: some seven for one
 * entry, of which one finds something to send, and each wakes a thread. Here only that one does.
 *
 * <p>A signal that comes while nobody waits ends the next wait. (Ratis's own is lost then, and the
 * entry waits for the next heartbeat.)
 */
final class AppenderSignal extends AwaitForSignal {
  private final BooleanSupplier isWorthWaking;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean given;

  /**
   * @param isWorthWaking whether there is something to do now; called by whoever gives a signal
   */
  AppenderSignal(String name, BooleanSupplier isWorthWaking) {
    super(name);
    this.isWorthWaking = isWorthWaking;
  }

  @Override
  public boolean await(long time, TimeUnit unit) throws InterruptedException {
    lock.lock();
    try {
      for (long nanos = unit.toNanos(time); nanos > 0 && !given; ) {
        nanos = changed.awaitNanos(nanos);
      }
      boolean was = given;
      given = false;
      return was;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void signal() {
    if (!isWorthWaking.getAsBoolean()) {
      return;
    }
    lock.lock();
    try {
      given = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
