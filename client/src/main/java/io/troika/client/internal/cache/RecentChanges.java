package io.troika.client.internal.cache;

import io.troika.client.Oid;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which objects were changed lately, whether cached or not: tells if an answer that was long under
 * way is still current. Complete for the tids in {@code (complete, verified]}, bounded by the
 * number of objects. Not safe for several threads; the cache's lock guards it.
 */
final class RecentChanges {
  /** A few MiB at most; at 10,000 changed objects a second, some seconds. */
  static final int OBJECTS_MAX = 65_536;

  private final ArrayDeque<Change> changes = new ArrayDeque<>();
  private final Map<Oid, Long> lastChange = new HashMap<>();
  private int objects;
  private long completeAfter;

  private record Change(long tid, List<Oid> oids) {}

  /** Forgets all; what is known begins after {@code tid}. */
  void restart(long tid) {
    changes.clear();
    lastChange.clear();
    objects = 0;
    completeAfter = tid;
  }

  /** The objects were changed by {@code tid}, or at the latest by it. */
  void add(long tid, Collection<Oid> oids) {
    changes.addLast(new Change(tid, List.copyOf(oids)));
    objects += oids.size();
    for (Oid oid : oids) {
      lastChange.put(oid, tid);
    }
    while (objects > OBJECTS_MAX) {
      forgetOldest();
    }
  }

  /** Whether the object was changed after {@code tid}, or may have been. */
  boolean mayHaveChangedAfter(long tid, Oid oid) {
    return tid < completeAfter || lastChange.getOrDefault(oid, 0L) > tid;
  }

  private void forgetOldest() {
    Change oldest = changes.removeFirst();
    objects -= oldest.oids().size();
    completeAfter = oldest.tid();
    for (Oid oid : oldest.oids()) {
      lastChange.remove(oid, oldest.tid());
    }
  }
}
