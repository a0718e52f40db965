package io.troika.client.internal;

import io.troika.client.ClientListener;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Tells all listeners of a client. What one throws goes to the thread's uncaught exception handler:
 * it must neither change a call nor be lost.
 */
public final class Listeners {
  private final List<ClientListener> listeners;
  private final AtomicLong numbers = new AtomicLong();

  /** For these listeners, told in this order. */
  public Listeners(List<ClientListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  /** The number of a new pair of events. */
  public long nextNumber() {
    return numbers.incrementAndGet();
  }

  /** Whether anybody listens. */
  public boolean isEmpty() {
    return listeners.isEmpty();
  }

  /** Tells each listener. */
  public void tell(Consumer<ClientListener> event) {
    for (ClientListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        report(e);
      }
    }
  }

  /** Hands an exception of a user's code to the thread's uncaught exception handler. */
  public static void report(RuntimeException failure) {
    Thread thread = Thread.currentThread();
    thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
  }
}
