package io.troika.server.core.mvcc;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Revision;

/** What a read of one object answered. */
public sealed interface LoadResult {

  /** The object as the reader sees it, shared data resolved. */
  record Found(Revision revision) implements LoadResult {}

  /** There is nothing to see. */
  record Missing(Oid oid, Why why) implements LoadResult, SerialResult {}

  /** Why there is nothing to see. */
  enum Why {
    /** No transaction ever stored it (for a read at a serial: not in that transaction). */
    UNKNOWN,
    /** It was first stored at the asked tid or later. */
    NOT_YET,
    /** It was deleted, or its creation was undone, and not stored again before the asked tid. */
    ABSENT,
    /** The asked tid lies before the pack horizon, where history may be gone. */
    PACKED
  }
}
