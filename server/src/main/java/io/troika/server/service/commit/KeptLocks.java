package io.troika.server.service.commit;

import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.OidLocks.Ticket;
import io.troika.server.service.commit.OidLocks.Wanted;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.ports.VotedTransaction.Locked;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The locks of transactions that are about to come back: that were voted under the leader before,
 * or refused for a conflict which their clients resolve. Safe for any thread: its monitor guards
 * the map, under it no lock is given back.
 */
final class KeptLocks {
  private final OidLocks locks;
  private final ServiceTimer timer;
  private final Map<TransactionId, Kept> kept = new HashMap<>();
  private boolean closed;

  /**
   * Some transaction's.
   *
   * @param end gives them back when nobody has come
   */
  private record Kept(Ticket ticket, Cancellable end) {}

  KeptLocks(OidLocks locks, ServiceTimer timer) {
    this.locks = locks;
    this.timer = timer;
  }

  /** Locks for it, unless something of it is locked already: then it has to see how it fares. */
  void keep(VotedTransaction voted, Duration time) {
    Ticket ticket = locks.request(voted.id(), wanted(voted));
    if (ticket.granted().isDone()) {
      keep(voted.id(), ticket, time);
    } else {
      locks.release(ticket);
    }
  }

  /** Keeps locks that it holds, for so long at most, instead of giving them back. */
  void keep(TransactionId id, Ticket held, Duration time) {
    Ticket left;
    synchronized (this) {
      left = closed ? held : remove(id);
      if (!closed) {
        Cancellable end = timer.schedule(time, () -> release(id, held));
        kept.put(id, new Kept(held, end));
      }
    }
    release(left);
  }

  /** Its locks, for whoever brings it now; null if there are none, or not those. */
  @Nullable Ticket claim(TransactionId id, List<Wanted> wanted) {
    Ticket claimed;
    synchronized (this) {
      claimed = remove(id);
    }
    if (claimed != null && !claimed.isOf(wanted)) {
      locks.release(claimed);
      return null;
    }
    return claimed;
  }

  /** Gives the locks of one back; does nothing where there are none. */
  void release(TransactionId id) {
    Ticket released;
    synchronized (this) {
      released = remove(id);
    }
    release(released);
  }

  private void release(TransactionId id, Ticket held) {
    synchronized (this) {
      Kept present = kept.get(id);
      if (present == null || present.ticket() != held) {
        return;
      }
      kept.remove(id);
    }
    locks.release(held);
  }

  private void release(@Nullable Ticket ticket) {
    if (ticket != null) {
      locks.release(ticket);
    }
  }

  /** Under the monitor. */
  private @Nullable Ticket remove(TransactionId id) {
    Kept removed = kept.isEmpty() ? null : kept.remove(id);
    if (removed == null) {
      return null;
    }
    removed.end().cancel();
    return removed.ticket();
  }

  /** Keeps none any more; the locks themselves are closed. */
  synchronized void close() {
    closed = true;
    kept.values().forEach(each -> each.end().cancel());
    kept.clear();
  }

  synchronized int count() {
    return kept.size();
  }

  /** What the next leader is told of a transaction that wants these locks. */
  static VotedTransaction voted(TransactionId id, List<Wanted> wanted) {
    return new VotedTransaction(
        id,
        wanted.stream()
            .map(
                each ->
                    new Locked(
                        each.storage(), List.copyOf(each.exclusive()), List.copyOf(each.shared())))
            .toList());
  }

  private static List<Wanted> wanted(VotedTransaction voted) {
    return voted.locked().stream()
        .map(each -> new Wanted(each.storage(), each.exclusive(), each.shared()))
        .toList();
  }
}
