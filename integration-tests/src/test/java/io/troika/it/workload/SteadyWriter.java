package io.troika.it.workload;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A client that commits one object of its own again and again, one commit after the other, and
 * notes how long each took. Safe for any thread.
 */
public final class SteadyWriter implements AutoCloseable {
  private static final long LOOK_MILLIS = 100;

  private final ObjectStore store;
  private final Bytes data;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final AtomicBoolean ends = new AtomicBoolean();
  private final List<Long> nanos = new ArrayList<>(); // guarded by this
  private long count; // guarded by this
  private final CompletableFuture<Void> work;

  /** Begins at once. */
  public SteadyWriter(ObjectStore store, Bytes data) {
    this.store = store;
    this.data = data;
    this.work = CompletableFuture.runAsync(this::commit, thread);
  }

  private void commit() {
    Oid oid = store.run(tx -> tx.create(data));
    while (!ends.get()) {
      long begun = System.nanoTime();
      store.run(
          tx -> {
            tx.write(oid, data);
            return oid;
          });
      long took = System.nanoTime() - begun;
      synchronized (this) {
        nanos.add(took);
        count++;
        notifyAll();
      }
    }
  }

  /** Those since the last call, in nanoseconds. */
  public synchronized List<Long> take() {
    List<Long> taken = List.copyOf(nanos);
    nanos.clear();
    return taken;
  }

  /** The same, once the commit that is on its way now has ended too. */
  public synchronized List<Long> takeToEnd() throws InterruptedException {
    long before = count;
    while (count == before && !work.isDone()) {
      wait(LOOK_MILLIS);
    }
    return take();
  }

  /** How many, and how long they took, in words. */
  public static String describe(List<Long> nanos) {
    if (nanos.isEmpty()) {
      return "none";
    }
    return "%,d, p50 %.1f ms, p99 %.1f ms, longest %.1f ms"
        .formatted(nanos.size(), millis(nanos, 0.5), millis(nanos, 0.99), millis(nanos, 1));
  }

  /** What this part of them, 0 to 1, took at most; there must be one. */
  public static double millis(List<Long> nanos, double part) {
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    int index = (int) Math.round(part * (sorted.size() - 1));
    return sorted.get(index) / 1e6;
  }

  /** Throws what a commit failed with. */
  @Override
  public void close() {
    ends.set(true);
    try {
      work.join();
    } finally {
      thread.shutdown();
    }
  }
}
