package io.troika.server.service.ports;

import io.troika.server.core.model.TransactionId;

/** Is told where transactions are on their way, for those who trace calls. Safe for any thread. */
@FunctionalInterface
public interface TransactionTracer {
  /** Nobody traces. */
  TransactionTracer NONE = (what, id) -> TransactionTrace.NONE;

  /**
   * A call about a transaction begins, on the thread of its caller.
   *
   * @param what {@code commit}, {@code restore}, {@code vote} or {@code finish}
   */
  TransactionTrace begin(String what, TransactionId id);
}
