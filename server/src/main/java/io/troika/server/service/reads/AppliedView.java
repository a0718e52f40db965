package io.troika.server.service.reads;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.mvcc.SerialResult;
import java.util.List;

/**
 * A read view at a tid that this node has applied, so its answers are the same on every node and
 * for ever (but for packing). Safe for any thread; methods may read the disk.
 */
public final class AppliedView {
  /** Oids that {@link #objects} answers at most. */
  public static final int OBJECTS_MAX = 10_000;

  /**
   * Objects whose serials are looked up at once: their data may have to be read from the disk,
   * though not into the heap.
   */
  public static final int SERIALS_MAX = 1_000;

  private final ObjectReads reads;
  private final StorageId storage;
  private final Tid at;

  AppliedView(ObjectReads reads, StorageId storage, Tid at) {
    requireArgument(!at.equals(Tid.MAX), "no read view can be at %s", at);
    this.reads = reads;
    this.storage = storage;
    this.at = at;
  }

  /** The object as of the view: the newest revision with a tid up to and including the view's. */
  public LoadResult load(Oid oid) {
    return reads.loadBefore(storage, oid, new Tid(at.value() + 1));
  }

  /** Which revision {@link #load} finds of each of these objects, in their order, without data. */
  public List<SerialResult> serials(List<Oid> oids) {
    requireArgument(
        oids.size() <= SERIALS_MAX, "%s oids: expected at most %s", oids.size(), SERIALS_MAX);
    return reads.serialsBefore(storage, oids, new Tid(at.value() + 1));
  }

  /** Oids of objects that exist, from {@code from} on, ascending. */
  public List<Oid> objects(Oid from, int limit) {
    requireArgument(
        limit >= 1 && limit <= OBJECTS_MAX, "limit %s: expected 1 to %s", limit, OBJECTS_MAX);
    return reads.objects(storage, from, at, limit);
  }
}
