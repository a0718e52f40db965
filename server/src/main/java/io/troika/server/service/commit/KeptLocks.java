package io.troika.server.service.commit;

import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.OidLocks.Ticket;
import io.troika.server.service.commit.OidLocks.Wanted;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.ports.VotedTransaction.Locked;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The locks of transactions that were voted under the leader before and have not come back yet.
 * Safe for any thread.
 */
final class KeptLocks {
  private final OidLocks locks;
  private final Map<TransactionId, Kept> kept = new ConcurrentHashMap<>();

  private record Kept(VotedTransaction voted, Ticket ticket) {}

  KeptLocks(OidLocks locks) {
    this.locks = locks;
  }

  /** Locks for it, unless something of it is locked already: then it has to see how it fares. */
  void keep(VotedTransaction voted) {
    Ticket ticket = locks.request(voted.id(), wanted(voted));
    if (ticket.granted().isDone()) {
      kept.put(voted.id(), new Kept(voted, ticket));
    } else {
      locks.release(ticket);
    }
  }

  /** Its locks, for whoever brings it now; null if there are none, or not those. */
  @Nullable Ticket claim(TransactionId id, List<Wanted> wanted) {
    Kept claimed = kept.isEmpty() ? null : kept.remove(id);
    if (claimed == null) {
      return null;
    }
    if (!claimed.voted().equals(voted(id, wanted))) {
      locks.release(claimed.ticket());
      return null;
    }
    return claimed.ticket();
  }

  /** Gives the locks of one back; does nothing where there are none. */
  void release(TransactionId id) {
    Kept released = kept.remove(id);
    if (released != null) {
      locks.release(released.ticket());
    }
  }

  /** Gives back what nobody has claimed. */
  void releaseAll() {
    kept.keySet().forEach(this::release);
  }

  int count() {
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
