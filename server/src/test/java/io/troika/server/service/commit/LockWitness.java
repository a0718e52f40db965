package io.troika.server.service.commit;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.TransactionId;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Notes who is known to hold which object, from what the sequencer tells the outside: a vote that
 * was answered, a command that was submitted. Two who hold the same object in one term, one of them
 * exclusively, are reported.
 *
 * <p>It never claims more than is true: a claim is dropped before the sequencer can give the lock
 * back, and is not made once that may have begun.
 */
final class LockWitness {
  private final Supplier<@Nullable Tenure> tenures;
  private final LongSupplier nanoTime;
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();

  // All guarded by this.
  private final Map<Lock, Map<TransactionId, Claim>> claims = new HashMap<>();
  private final Map<TransactionId, Ending> endings = new HashMap<>();
  private long contended;

  private record Lock(long term, Oid oid) {}

  private record Claim(boolean shared, long validUntilNanos) {}

  /** How often the locks of an id began to be given back, and how many of these go on. */
  private record Ending(long begun, int underWay) {
    static final Ending NONE = new Ending(0, 0);
  }

  LockWitness(Supplier<@Nullable Tenure> tenures, LongSupplier nanoTime) {
    this.tenures = tenures;
    this.nanoTime = nanoTime;
  }

  /** Notes the locks of a transaction if it really has them in the present tenure. */
  void claim(
      TransactionId id, Collection<Oid> exclusive, Collection<Oid> shared, long validUntilNanos) {
    Ending before = ending(id);
    Tenure tenure = tenures.get();
    OpenTransaction open = tenure == null ? null : tenure.find(id);
    OidLocks.Ticket ticket = open == null ? null : open.ticket();
    if (tenure == null || ticket == null || !isGranted(ticket.granted())) {
      return; // a command of a tenure that is over: its locks are gone, applying decides
    }
    synchronized (this) {
      if (before.underWay() > 0 || !before.equals(endings.getOrDefault(id, Ending.NONE))) {
        return;
      }
      exclusive.forEach(oid -> claim(id, tenure.term(), oid, new Claim(false, validUntilNanos)));
      for (Oid oid : shared) {
        if (!exclusive.contains(oid)) {
          claim(id, tenure.term(), oid, new Claim(true, validUntilNanos));
        }
      }
    }
  }

  private static boolean isGranted(CompletableFuture<?> granted) {
    return granted.isDone() && !granted.isCompletedExceptionally();
  }

  private void claim(TransactionId id, long term, Oid oid, Claim claim) {
    Map<TransactionId, Claim> holders =
        claims.computeIfAbsent(new Lock(term, oid), lock -> new HashMap<>());
    holders.values().removeIf(other -> other.validUntilNanos() <= nanoTime.getAsLong());
    holders.forEach(
        (holder, other) -> {
          if (!holder.equals(id) && !(claim.shared() && other.shared())) {
            violations.add(
                "oid %s is held by %s and by %s in term %s".formatted(oid, holder, id, term));
          }
        });
    contended += holders.isEmpty() ? 0 : 1;
    holders.put(id, claim);
  }

  private synchronized Ending ending(TransactionId id) {
    return endings.getOrDefault(id, Ending.NONE);
  }

  /** Does what may give the locks of {@code id} back. */
  void ending(TransactionId id, Runnable end) {
    begin(id);
    end.run();
    synchronized (this) {
      endings.computeIfPresent(
          id, (same, ending) -> new Ending(ending.begun(), ending.underWay() - 1));
    }
  }

  /** The locks of {@code id} may be given back at any time from now on: it is not noted again. */
  void ends(TransactionId id) {
    begin(id);
  }

  private synchronized void begin(TransactionId id) {
    endings.merge(
        id,
        new Ending(1, 1),
        (old, one) -> new Ending(old.begun() + one.begun(), old.underWay() + one.underWay()));
    claims.values().forEach(holders -> holders.remove(id));
    claims.values().removeIf(Map::isEmpty);
  }

  List<String> violations() {
    return List.copyOf(violations);
  }

  /** Claims that met another holder of the same object: shared, or the same transaction again. */
  synchronized long contended() {
    return contended;
  }
}
