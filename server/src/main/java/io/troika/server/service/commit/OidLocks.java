package io.troika.server.service.commit;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.refusals.OverloadedException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The locks of one tenure of leadership, one per object of a storage: exclusive or shared.
 *
 * <p>A ticket asks for all its locks at once, those of several storages too, and holds either all
 * of them or none. Each object has a line; a ticket joins the lines of all its oids in one step
 * under {@link #mutex}, so every line has the same order, that of arrival. A ticket is
 * <em>admitted</em> in a line when all before it are compatible with it (it is first, or it and all
 * before it are shared), and granted when it is admitted in all its lines.
 *
 * <ul>
 *   <li>There is no deadlock: a ticket waits only for tickets that arrived before it, so the
 *       waits-for graph has no cycle.
 *   <li>There is no starvation: nobody overtakes in a line. The price is that a waiting ticket
 *       holds up later ones on its other oids.
 *   <li>In every line the admitted tickets come first: one exclusive or any number of shared ones.
 * </ul>
 *
 * <p>Safe for any thread. The mutex is held for a number of map operations proportional to the
 * ticket's oids, never while another lock is taken, a future is completed or foreign code runs.
 */
final class OidLocks {
  private final Object mutex = new Object();
  private final Map<LockName, Line> lines = new HashMap<>();
  private final Set<Ticket> live = new HashSet<>();
  private final int waitersMax;
  private int waiterCount;
  private @Nullable RuntimeException closed;

  OidLocks(int waitersMax) {
    this.waitersMax = waitersMax;
  }

  /**
   * What a ticket wants of one storage.
   *
   * @param shared oids to be locked shared; those in {@code exclusive} as well are ignored
   */
  record Wanted(StorageId storage, Collection<Oid> exclusive, Collection<Oid> shared) {}

  /** As the other, of one storage. */
  Ticket request(
      TransactionId owner, StorageId storage, Collection<Oid> exclusive, Collection<Oid> shared) {
    return request(owner, List.of(new Wanted(storage, exclusive, shared)));
  }

  /**
   * Joins the lines. Never waits: the ticket says when its locks are granted.
   *
   * @param wanted each storage at most once
   * @throws OverloadedException if too many tickets wait already and this one would have to
   */
  Ticket request(TransactionId owner, List<Wanted> wanted) {
    Ticket ticket = new Ticket(owner);
    synchronized (mutex) {
      if (closed != null) {
        throw closed;
      }
      wanted.forEach(ticket::join);
      live.add(ticket);
      if (ticket.missing > 0) {
        waiterCount++;
        if (waiterCount > waitersMax) {
          List<Ticket> granted = remove(ticket);
          checkInvariant(granted.isEmpty(), "the last in line held up %s tickets", granted.size());
          throw new OverloadedException(
              "%s transactions wait for objects already, the limit is %s"
                  .formatted(waiterCount, waitersMax));
        }
        return ticket;
      }
    }
    ticket.granted.complete(null);
    return ticket;
  }

  /** Gives the locks back, or leaves the lines; does nothing when that was done before. */
  void release(Ticket ticket) {
    List<Ticket> granted;
    synchronized (mutex) {
      granted = remove(ticket);
    }
    granted.forEach(next -> next.granted.complete(null));
  }

  /**
   * Leaves the lines if the locks are not granted yet, failing {@link Ticket#granted}.
   *
   * @return what to say of the holder, or null if the locks are granted (or given back) by now
   */
  @Nullable String giveUp(Ticket ticket) {
    String holder;
    List<Ticket> granted;
    synchronized (mutex) {
      if (!live.contains(ticket) || ticket.missing == 0) {
        return null;
      }
      holder = ticket.describeHolder();
      granted = remove(ticket);
    }
    granted.forEach(next -> next.granted.complete(null));
    return holder;
  }

  /** Fails all that wait, now and later, and forgets all locks. */
  void close(RuntimeException reason) {
    List<Ticket> waiting = new ArrayList<>();
    synchronized (mutex) {
      closed = reason;
      for (Ticket ticket : live) {
        if (ticket.missing > 0) {
          waiting.add(ticket);
        }
      }
      live.clear();
      lines.clear();
      waiterCount = 0;
    }
    waiting.forEach(ticket -> ticket.granted.completeExceptionally(reason));
  }

  /** Tickets that wait now. */
  int waiterCount() {
    synchronized (mutex) {
      return waiterCount;
    }
  }

  /** Objects that are locked or waited for now. */
  int lineCount() {
    synchronized (mutex) {
      return lines.size();
    }
  }

  /** Takes the ticket out of all its lines; returns those that are granted by it. */
  private List<Ticket> remove(Ticket ticket) {
    if (!live.remove(ticket)) {
      return List.of();
    }
    if (ticket.missing > 0) {
      waiterCount--;
    }
    List<Ticket> granted = new ArrayList<>();
    for (Place place : ticket.places) {
      place.line.remove(place, granted);
      if (place.line.head == null) {
        lines.remove(place.line.name);
      }
    }
    waiterCount -= granted.size();
    return granted;
  }

  private record LockName(StorageId storage, Oid oid) {}

  /** One transaction's request for locks. Fields are guarded by {@link #mutex}. */
  final class Ticket {
    private final TransactionId owner;
    private final List<Place> places = new ArrayList<>();
    private final CompletableFuture<@Nullable Void> granted = new CompletableFuture<>();

    /** Lines in which this ticket is not admitted. */
    private int missing;

    private Ticket(TransactionId owner) {
      this.owner = owner;
    }

    /**
     * Completes when all locks are held, on the thread that released the last of them; fails only
     * by {@link OidLocks#close}.
     */
    CompletableFuture<@Nullable Void> granted() {
      return granted;
    }

    /** Whether these are the locks that it is of, no more and no fewer. */
    boolean isOf(List<Wanted> wanted) {
      Map<LockName, Boolean> shared = new HashMap<>();
      for (Wanted each : wanted) {
        each.shared().forEach(oid -> shared.put(new LockName(each.storage(), oid), true));
        each.exclusive().forEach(oid -> shared.put(new LockName(each.storage(), oid), false));
      }
      return shared.size() == places.size()
          && places.stream()
              .allMatch(place -> Boolean.valueOf(place.shared).equals(shared.get(place.line.name)));
    }

    private void join(Wanted wanted) {
      Set<Oid> exclusive = new HashSet<>(wanted.exclusive());
      for (Oid oid : exclusive) {
        join(new LockName(wanted.storage(), oid), false);
      }
      for (Oid oid : new HashSet<>(wanted.shared())) {
        if (!exclusive.contains(oid)) {
          join(new LockName(wanted.storage(), oid), true);
        }
      }
    }

    private void join(LockName name, boolean shared) {
      Line line = lines.computeIfAbsent(name, Line::new);
      Place place = new Place(this, line, shared);
      places.add(place);
      if (!line.append(place)) {
        missing++;
      }
    }

    private String describeHolder() {
      for (Place place : places) {
        if (!place.admitted && place.line.head != null) {
          return "oid %s is locked by transaction %s"
              .formatted(place.line.name.oid(), place.line.head.ticket.owner);
        }
      }
      return "its objects are locked";
    }
  }

  /** A ticket's place in the line of one oid. */
  private static final class Place {
    private final Ticket ticket;
    private final Line line;
    private final boolean shared;
    private boolean admitted;
    private @Nullable Place previous;
    private @Nullable Place next;

    private Place(Ticket ticket, Line line, boolean shared) {
      this.ticket = ticket;
      this.line = line;
      this.shared = shared;
    }
  }

  /** All who hold or want one oid, in order of arrival; a linked list, so that leaving is O(1). */
  private static final class Line {
    private final LockName name;
    private @Nullable Place head;
    private @Nullable Place tail;

    /** The first that is not admitted; all before it are, none after it is. */
    private @Nullable Place firstWaiting;

    private Line(LockName name) {
      this.name = name;
    }

    /** Returns whether the place is admitted at once. */
    private boolean append(Place place) {
      place.previous = tail;
      if (tail == null) {
        head = place;
      } else {
        tail.next = place;
      }
      tail = place;
      if (firstWaiting == null) {
        firstWaiting = place;
        admitWhoMay(null);
      }
      return place.admitted;
    }

    private void remove(Place place, List<Ticket> granted) {
      Place before = place.previous;
      Place after = place.next;
      if (before == null) {
        head = after;
      } else {
        before.next = after;
      }
      if (after == null) {
        tail = before;
      } else {
        after.previous = before;
      }
      if (firstWaiting == place) {
        firstWaiting = after;
      }
      admitWhoMay(granted);
    }

    /** Moves {@link #firstWaiting} on; adds whom that grants to {@code granted} unless null. */
    private void admitWhoMay(@Nullable List<Ticket> granted) {
      Place place = firstWaiting;
      while (place != null && head != null && (place == head || (place.shared && head.shared))) {
        place.admitted = true;
        if (granted != null && --place.ticket.missing == 0) {
          granted.add(place.ticket);
        }
        place = place.next;
      }
      firstWaiting = place;
    }
  }
}
