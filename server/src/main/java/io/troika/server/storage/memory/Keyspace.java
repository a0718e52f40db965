package io.troika.server.storage.memory;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One storage on sorted maps. Not thread-safe: the store that owns it locks. */
final class Keyspace {
  private static final NavigableMap<Tid, StoredRevision> NO_REVISIONS =
      Collections.unmodifiableNavigableMap(new TreeMap<>());

  /** Null while revisions are here but no state was ever written. */
  @Nullable StorageState state;

  @Nullable PackState pack;

  final NavigableMap<Oid, NavigableMap<Tid, StoredRevision>> revisions = new TreeMap<>();
  final NavigableMap<Tid, TransactionRecord> transactions = new TreeMap<>();

  NavigableMap<Tid, StoredRevision> revisionsOf(Oid oid) {
    return revisions.getOrDefault(oid, NO_REVISIONS);
  }

  @Nullable Tid newestTid(Oid oid) {
    NavigableMap<Tid, StoredRevision> ofObject = revisionsOf(oid);
    return ofObject.isEmpty() ? null : ofObject.lastKey();
  }

  void add(StoredRevision revision) {
    revisions.computeIfAbsent(revision.oid(), oid -> new TreeMap<>()).put(revision.tid(), revision);
  }

  void add(TransactionRecord transaction) {
    transactions.put(transaction.tid(), transaction);
  }

  void remove(Oid oid, Tid tid) {
    NavigableMap<Tid, StoredRevision> ofObject = revisions.get(oid);
    if (ofObject != null && ofObject.remove(tid) != null && ofObject.isEmpty()) {
      revisions.remove(oid);
    }
  }

  /** See {@link io.troika.server.core.RevisionReader#heads}. */
  List<RevisionHead> heads(Oid from, Tid before, int limit, long bytesMax) {
    List<RevisionHead> heads = new ArrayList<>();
    long bytes = 0;
    for (var ofObject : revisions.tailMap(from, true).entrySet()) {
      Tid bound = ofObject.getKey().equals(from) ? before : Tid.MAX;
      for (StoredRevision each :
          ofObject.getValue().headMap(bound, false).descendingMap().values()) {
        if (heads.size() >= limit || bytes >= bytesMax) {
          return heads;
        }
        RevisionHead head = RevisionHead.of(each);
        heads.add(head);
        bytes += head.dataBytes();
      }
    }
    return heads;
  }

  /** The first {@code limit} of them. */
  static <T> List<T> first(Collection<T> all, int limit) {
    List<T> first = new ArrayList<>(Math.min(limit, 16));
    for (T each : all) {
      if (first.size() >= limit) {
        break;
      }
      first.add(each);
    }
    return first;
  }
}
