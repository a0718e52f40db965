package io.troika.client.internal.cache;

import io.troika.client.Revision;

/**
 * A revision and for which views it is proven: those with {@code serial <= tid < until}, and if it
 * is {@code open} also those up to the cache's verified tid. Immutable.
 *
 * <p>Open means: the object was not changed in {@code (serial, max(verified, until - 1)]}.
 *
 * @param until exclusive; greater than the serial
 */
record CachedRevision(Revision revision, long until, boolean open) {
  /** What an entry costs beside its data: the records, the map's node, the policy's links. */
  private static final int OVERHEAD_BYTES = 200;

  long serial() {
    return revision.serial().value();
  }

  boolean isProvenAt(long tid, long verified) {
    return tid < until || (open && tid <= verified);
  }

  /** The object was changed by {@code tid}, the first change after this revision. */
  CachedRevision closedBy(long tid) {
    return new CachedRevision(revision, Math.max(until, tid), false);
  }

  /** The object was changed somewhere after {@code verified}. */
  CachedRevision closedAfter(long verified) {
    return new CachedRevision(revision, Math.max(until, verified + 1), false);
  }

  int weightBytes() {
    return OVERHEAD_BYTES + revision.data().size();
  }
}
