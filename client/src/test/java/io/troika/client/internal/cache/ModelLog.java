package io.troika.client.internal.cache;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** What really happened: the naive truth that each cached read is compared with. */
final class ModelLog {
  final int epoch;
  private final NavigableMap<Long, List<Oid>> transactions = new TreeMap<>();
  private final Map<Oid, NavigableMap<Long, Bytes>> objects = new HashMap<>();
  private long last;

  ModelLog(int epoch, long last) {
    this.epoch = epoch;
    this.last = last;
  }

  /** Another history that begins as this one did, up to a tid. */
  ModelLog restoredTo(long tid) {
    ModelLog restored = new ModelLog(epoch + 1, tid);
    restored.transactions.putAll(transactions.headMap(tid, true));
    objects.forEach(
        (oid, history) -> restored.objects.put(oid, new TreeMap<>(history.headMap(tid, true))));
    return restored;
  }

  long last() {
    return last;
  }

  long commit(List<Oid> oids) {
    last++;
    transactions.put(last, List.copyOf(oids));
    for (Oid oid : oids) {
      // The epoch is in the value: the same tid of another history is another revision.
      objects
          .computeIfAbsent(oid, ignored -> new TreeMap<>())
          .put(last, Bytes.utf8(oid + "@" + last + "/" + epoch));
    }
    return last;
  }

  /** A revision and the tid that replaced it, 0 if none has yet. */
  record Answer(Revision revision, long nextTid) {}

  Optional<Answer> load(Oid oid, long at) {
    NavigableMap<Long, Bytes> history = objects.getOrDefault(oid, new TreeMap<>());
    Map.Entry<Long, Bytes> seen = history.floorEntry(at);
    if (seen == null) {
      return Optional.empty();
    }
    Long next = history.higherKey(at);
    return Optional.of(
        new Answer(
            new Revision(oid, new Tid(seen.getKey()), seen.getValue()), next == null ? 0 : next));
  }

  /** The next transaction after {@code tid}, if there is one. */
  Optional<Map.Entry<Long, List<Oid>>> next(long tid) {
    return Optional.ofNullable(transactions.higherEntry(tid));
  }

  List<Oid> changed(long after, long upTo) {
    TreeSet<Oid> oids = new TreeSet<>();
    transactions.subMap(after, false, upTo, true).values().forEach(oids::addAll);
    return new ArrayList<>(oids);
  }
}
