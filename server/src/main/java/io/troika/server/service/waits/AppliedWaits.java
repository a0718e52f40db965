package io.troika.server.service.waits;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Lets reads wait until this node has applied a tid. The applying thread only moves those who are
 * served from the map to the executor; it runs nothing of theirs. Safe for any thread.
 */
public final class AppliedWaits implements StateEvents.Listener {
  /** Reads that wait at once. */
  static final int WAITERS_MAX = 10_000;

  private final RevisionReader reader;
  private final ServiceTimer timer;
  private final Executor executor;
  private final Duration waitMax;
  private final Object mutex = new Object();

  /** By storage, then by the tid waited for; guarded by {@link #mutex}. */
  private final Map<StorageId, TreeMap<Tid, List<Waiter>>> waiters = new HashMap<>();

  private int waiterCount; // guarded by mutex
  private boolean closed; // guarded by mutex

  public AppliedWaits(
      RevisionReader reader, ServiceTimer timer, Executor executor, Duration waitMax) {
    this.reader = reader;
    this.timer = timer;
    this.executor = executor;
    this.waitMax = waitMax;
  }

  /**
   * Completes when {@code tid} is applied: at once, on the caller's thread, if it is already, else
   * on the executor.
   *
   * @param patience how long the caller waits; bounded by the node's own limit
   * @return fails with {@link LaggingException} when the time is up, {@link OverloadedException},
   *     {@link StoppingException}
   */
  public CompletableFuture<Void> await(StorageId storage, Tid tid, Duration patience) {
    if (isApplied(storage, tid)) {
      return CompletableFuture.completedFuture(null);
    }
    Waiter waiter = new Waiter(storage, tid);
    synchronized (mutex) {
      if (closed) {
        return CompletableFuture.failedFuture(new StoppingException("this node stops"));
      }
      if (waiterCount >= WAITERS_MAX) {
        return CompletableFuture.failedFuture(
            new OverloadedException(
                "%s reads wait for this node to catch up already".formatted(WAITERS_MAX)));
      }
      waiterCount++;
      waiters
          .computeIfAbsent(storage, id -> new TreeMap<>())
          .computeIfAbsent(tid, id -> new ArrayList<>(1))
          .add(waiter);
    }
    // What was applied before the waiter was in the map has not woken it.
    if (isApplied(storage, tid)) {
      wakeUpTo(storage, tid);
      return waiter.done;
    }
    Duration wait = patience.compareTo(waitMax) < 0 ? patience : waitMax;
    waiter.limitBy(timer.schedule(wait, () -> giveUp(waiter, wait)));
    return waiter.done;
  }

  private boolean isApplied(StorageId storage, Tid tid) {
    return tid.compareTo(lastTid(storage)) <= 0;
  }

  private Tid lastTid(StorageId storage) {
    StorageState state = reader.storage(storage);
    return state == null ? Tid.NONE : state.lastTid();
  }

  private void giveUp(Waiter waiter, Duration waited) {
    synchronized (mutex) {
      TreeMap<Tid, List<Waiter>> ofStorage = waiters.get(waiter.storage);
      List<Waiter> ofTid = ofStorage == null ? null : ofStorage.get(waiter.tid);
      if (ofStorage == null || ofTid == null || !ofTid.remove(waiter)) {
        return; // served
      }
      waiterCount--;
      if (ofTid.isEmpty()) {
        ofStorage.remove(waiter.tid);
      }
      if (ofStorage.isEmpty()) {
        waiters.remove(waiter.storage);
      }
    }
    LaggingException lagging =
        new LaggingException(
            "%s: asked for tid %s, this node has applied up to %s and waited %s ms"
                .formatted(waiter.storage, waiter.tid, lastTid(waiter.storage), waited.toMillis()));
    executor.execute(() -> waiter.done.completeExceptionally(lagging));
  }

  @Override
  public void committed(StorageId storage, List<TransactionRecord> transactions) {
    wakeUpTo(storage, transactions.get(transactions.size() - 1).tid());
  }

  /** The new state may be ahead of what anyone waits for. */
  @Override
  public void replaced() {
    List<StorageId> storages;
    synchronized (mutex) {
      storages = List.copyOf(waiters.keySet());
    }
    storages.forEach(storage -> wakeUpTo(storage, lastTid(storage)));
  }

  private void wakeUpTo(StorageId storage, Tid tid) {
    List<Waiter> served;
    synchronized (mutex) {
      TreeMap<Tid, List<Waiter>> ofStorage = waiters.get(storage);
      if (ofStorage == null) {
        return;
      }
      served = new ArrayList<>();
      Map<Tid, List<Waiter>> reached = ofStorage.headMap(tid, true);
      reached.values().forEach(served::addAll);
      reached.clear();
      waiterCount -= served.size();
      if (ofStorage.isEmpty()) {
        waiters.remove(storage);
      }
    }
    for (Waiter waiter : served) {
      waiter.cancelLimit();
      executor.execute(() -> waiter.done.complete(null));
    }
  }

  public void close() {
    List<Waiter> waiting = new ArrayList<>();
    synchronized (mutex) {
      closed = true;
      waiters.values().forEach(byTid -> byTid.values().forEach(waiting::addAll));
      waiters.clear();
      waiterCount = 0;
    }
    for (Waiter waiter : waiting) {
      waiter.cancelLimit();
      waiter.done.completeExceptionally(new StoppingException("this node stops"));
    }
  }

  int waiterCount() {
    synchronized (mutex) {
      return waiterCount;
    }
  }

  private static final class Waiter {
    private final StorageId storage;
    private final Tid tid;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private Cancellable limit = () -> {}; // guarded by this
    private boolean served; // guarded by this

    private Waiter(StorageId storage, Tid tid) {
      this.storage = storage;
      this.tid = tid;
    }

    private synchronized void limitBy(Cancellable newLimit) {
      if (served) {
        newLimit.cancel();
      } else {
        limit = newLimit;
      }
    }

    private synchronized void cancelLimit() {
      served = true;
      limit.cancel();
    }
  }
}
