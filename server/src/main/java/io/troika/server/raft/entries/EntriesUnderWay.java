package io.troika.server.raft.entries;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.ratis.protocol.ClientId;
import org.jspecify.annotations.Nullable;

/**
 * Entries that this node has made and not settled, mostly one or two: <em>in flight</em> while the
 * log answers for them, then <em>unsettled</em> if they may be in it all the same. Guarded by the
 * batcher's lock.
 */
final class EntriesUnderWay {
  private final Map<Long, PendingEntry> inFlight = new HashMap<>();
  private final Map<Long, PendingEntry> unsettled = new HashMap<>();

  /** It is about to be appended. */
  void add(PendingEntry made) {
    inFlight.put(made.callId(), made);
  }

  boolean areNoneInFlight() {
    return inFlight.isEmpty();
  }

  /** How many of one lane are in flight. */
  int inFlight(boolean isBulk) {
    int count = 0;
    for (PendingEntry each : inFlight.values()) {
      count += each.isBulk() == isBulk ? 1 : 0;
    }
    return count;
  }

  /**
   * The log does not answer for it any more.
   *
   * @param settled whether it is certainly not in the log
   * @return false if it was settled before
   */
  boolean giveUp(PendingEntry pending, boolean settled) {
    if (inFlight.remove(pending.callId()) == null) {
      return false;
    }
    if (!settled) {
      unsettled.put(pending.callId(), pending);
    }
    return true;
  }

  /** Settles one that was given up; false if it was settled before. */
  boolean settle(PendingEntry pending) {
    return unsettled.remove(pending.callId()) != null;
  }

  /** Settles the one that has this name in the log; null if it is none of ours. */
  @Nullable PendingEntry settle(ClientId client, long callId) {
    PendingEntry named = inFlight.get(callId);
    if (named == null) {
      named = unsettled.get(callId);
    }
    if (named == null || !named.client().equals(client)) {
      return null;
    }
    remove(named);
    return named;
  }

  /** Settles all that are wanted. */
  List<PendingEntry> settle(Predicate<PendingEntry> wanted) {
    if (inFlight.isEmpty() && unsettled.isEmpty()) {
      return List.of();
    }
    List<PendingEntry> settled =
        Stream.concat(inFlight.values().stream(), unsettled.values().stream())
            .filter(wanted)
            .toList();
    settled.forEach(this::remove);
    return settled;
  }

  private void remove(PendingEntry pending) {
    inFlight.remove(pending.callId());
    unsettled.remove(pending.callId());
  }
}
