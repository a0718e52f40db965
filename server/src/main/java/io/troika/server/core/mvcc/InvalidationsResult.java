package io.troika.server.core.mvcc;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.util.List;

/** What changed since a tid, or why that can't be said: then a cache must be dropped whole. */
public sealed interface InvalidationsResult {

  /**
   * Every object changed by a transaction after the asked tid, up to and including {@code upTo}.
   *
   * @param upTo the newest transaction of the storage when asked; the asked tid or later
   * @param oids ascending, each once
   */
  record Complete(Tid upTo, List<Oid> oids) implements InvalidationsResult {
    public Complete {
      oids = List.copyOf(oids);
    }
  }

  /** The asked tid lies before {@code packTid}: transactions after it may be gone. */
  record TooOld(Tid packTid) implements InvalidationsResult {}

  /** More transactions or objects changed than the asker wants to hear of. */
  record TooMany() implements InvalidationsResult {}

  /** The asked tid is later than {@code lastTid}, the newest transaction here. */
  record Ahead(Tid lastTid) implements InvalidationsResult {}
}
