package io.troika.server.raft.leadership;

import io.troika.server.service.ports.Leadership;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners of each change of leadership, in order. Ratis reports a new leader, but not that
 * the old one is gone; so the present state is compared each time someone says that it may have
 * changed, and now and then. Safe for any thread.
 */
public final class LeadershipEvents {
  private static final Logger log = LoggerFactory.getLogger(LeadershipEvents.class);

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
            listeners.forEach(listener -> tell(listener, now));
          }
        });
  }

  /** Nobody tells of a change twice: one that fails must not keep it from the others. */
  private static void tell(Consumer<Leadership> listener, Leadership now) {
    try {
      listener.accept(now);
    } catch (RuntimeException e) {
      log.error("who is to hear that {} leads in term {} failed", now.leader(), now.term(), e);
    }
  }
}
