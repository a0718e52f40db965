package io.troika.client.internal.transaction;

import io.troika.api.v1.StagedBlob;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.internal.codec.CommitCodec.WrittenObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a transaction wants to change, until it is committed. Safe for any thread. */
final class WriteBuffer {
  private final Map<Oid, Change> changes = new LinkedHashMap<>();
  private final Set<Oid> readChecks = new LinkedHashSet<>();
  private final List<Tid> undos = new ArrayList<>();

  /** The last change of an object counts. */
  sealed interface Change {}

  record Created(Bytes data, @Nullable StagedBlob blob) implements Change {}

  record Written(Bytes data, @Nullable StagedBlob blob) implements Change {}

  record Deleted() implements Change {}

  synchronized void create(Oid oid, Bytes data, @Nullable StagedBlob blob) {
    changes.put(oid, new Created(data, blob));
  }

  synchronized void write(Oid oid, Bytes data, @Nullable StagedBlob blob) {
    boolean created = changes.get(oid) instanceof Created;
    changes.put(oid, created ? new Created(data, blob) : new Written(data, blob));
  }

  synchronized void delete(Oid oid) {
    if (changes.get(oid) instanceof Created) {
      changes.remove(oid);
    } else {
      changes.put(oid, new Deleted());
    }
  }

  synchronized void readCurrent(Oid oid) {
    readChecks.add(oid);
  }

  synchronized void undo(Tid tid) {
    undos.add(tid);
  }

  synchronized @Nullable Change of(Oid oid) {
    return changes.get(oid);
  }

  /** Checks alone need no commit: all that was read is of one view, and so was true at once. */
  synchronized boolean isEmpty() {
    return changes.isEmpty() && undos.isEmpty();
  }

  synchronized boolean hasChecks() {
    return !readChecks.isEmpty();
  }

  /** The objects whose serial the commit has to tell. */
  synchronized Set<Oid> needSerial() {
    Set<Oid> oids = new LinkedHashSet<>(readChecks);
    changes.forEach(
        (oid, change) -> {
          if (!(change instanceof Created)) {
            oids.add(oid);
          }
        });
    return oids;
  }

  /** Whether it is created, written or deleted here. */
  synchronized boolean isChanged(Oid oid) {
    return changes.containsKey(oid);
  }

  synchronized Map<Oid, Tid> reads(Map<Oid, Tid> serials) {
    Map<Oid, Tid> reads = new LinkedHashMap<>();
    for (Oid oid : readChecks) {
      // A change of the object carries the same check already.
      if (!changes.containsKey(oid)) {
        reads.put(oid, serials.getOrDefault(oid, Tid.NONE));
      }
    }
    return reads;
  }

  synchronized Map<Oid, WrittenObject> writes(Map<Oid, Tid> serials) {
    Map<Oid, WrittenObject> writes = new LinkedHashMap<>();
    changes.forEach(
        (oid, change) -> {
          if (change instanceof Created created) {
            writes.put(oid, new WrittenObject(Tid.NONE, created.data(), created.blob()));
          } else if (change instanceof Written written) {
            writes.put(
                oid,
                new WrittenObject(
                    serials.getOrDefault(oid, Tid.NONE), written.data(), written.blob()));
          }
        });
    return writes;
  }

  synchronized Map<Oid, Tid> deletes(Map<Oid, Tid> serials) {
    Map<Oid, Tid> deletes = new LinkedHashMap<>();
    changes.forEach(
        (oid, change) -> {
          if (change instanceof Deleted) {
            deletes.put(oid, serials.getOrDefault(oid, Tid.NONE));
          }
        });
    return deletes;
  }

  synchronized List<Tid> undos() {
    return List.copyOf(undos);
  }
}
