package io.troika.server.raft.leadership;

import io.troika.server.service.ports.Leadership;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells listeners of each change of leadership, in order. Ratis reports a new leader, but not that
 * the old one is gone; so the present state is compared each time someone says that it may have
 * changed, and now and then. Safe for any thread.
 */
public final class LeadershipEvents {
  private final Supplier<Leadership> present;
  private final Executor executor;
  private final List<Consumer<Leadership>> listeners = new CopyOnWriteArrayList<>();
  private @Nullable Leadership last;

  /**
   * @param executor has one thread, on which listeners are called and only they
   */
  public LeadershipEvents(Supplier<Leadership> present, Executor executor) {
    this.present = present;
    this.executor = executor;
  }

  public void add(Consumer<Leadership> listener) {
    listeners.add(listener);
  }

  /** Looks again, and tells the listeners if it is not what they were told last. */
  public void refresh() {
    executor.execute(
        () -> {
          Leadership now = present.get();
          if (!now.equals(last)) {
            last = now;
            listeners.forEach(listener -> listener.accept(now));
          }
        });
  }
}
