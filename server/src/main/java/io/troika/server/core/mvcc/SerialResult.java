package io.troika.server.core.mvcc;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;

/** Which revision of an object a reader sees; its data was not asked for. */
public sealed interface SerialResult permits SerialResult.Seen, LoadResult.Missing {

  /** The revision that {@code tid} wrote; the object exists. */
  record Seen(Oid oid, Tid tid) implements SerialResult {}
}
