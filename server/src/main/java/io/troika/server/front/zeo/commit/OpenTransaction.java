package io.troika.server.front.zeo.commit;

import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.ServiceTimer.Cancellable;
import io.troika.server.service.VoteAnswer;
import org.jspecify.annotations.Nullable;

/**
 * The transaction that a connection has open:
 *
 * <pre>
 *   OPEN ──vote──▶ VOTING ──voted──▶ VOTED ──tpc_finish──▶ FINISHING
 *     ▲               │                │                       │
 *     └──conflicts────┤                │ tpc_abort, time-out    │ committed, refused
 *                     └──error─────────┴──────▶ (gone) ◀────────┘
 * </pre>
 *
 * <p>Guarded by the monitor of {@link CommitCalls}.
 */
final class OpenTransaction {
  enum Phase {
    OPEN,
    VOTING,
    VOTED,
    FINISHING
  }

  private final Object id;
  private final TransactionMetadata metadata;
  private final @Nullable Tid givenTid;
  private final char status;
  private final TransactionBuffer buffer;

  Phase phase = Phase.OPEN;

  /** What is voted, or being voted. */
  @Nullable Ballot ballot;

  VoteAnswer.@Nullable Voted lastVote;
  @Nullable Cancellable timeout;

  /**
   * A new one.
   *
   * @param id the client's number for it
   * @param givenTid the tid that the client dictates, if it copies
   */
  OpenTransaction(
      Object id,
      TransactionMetadata metadata,
      @Nullable Tid givenTid,
      char status,
      TransactionBuffer buffer) {
    this.id = id;
    this.metadata = metadata;
    this.givenTid = givenTid;
    this.status = status;
    this.buffer = buffer;
  }

  boolean isNamed(@Nullable Object name) {
    return id.equals(name);
  }

  TransactionMetadata metadata() {
    return metadata;
  }

  @Nullable Tid givenTid() {
    return givenTid;
  }

  char status() {
    return status;
  }

  TransactionBuffer buffer() {
    return buffer;
  }
}
