package io.troika.server.front.zeo.commit;

import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.Extensions;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.service.commit.NextTry;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.ports.ServiceTimer.Cancellable;
import java.util.Map;
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
  private final TransactionBlobs blobs;
  private final TransactionStage stage;

  Phase phase = Phase.OPEN;

  /** What is voted, or being voted; or was refused last, and may have its locks still. */
  @Nullable Ballot ballot;

  /** How often it was voted, the present vote included. */
  int votes;

  VoteAnswer.@Nullable Voted lastVote;
  @Nullable Cancellable timeout;

  private OpenTransaction(
      Object id,
      TransactionMetadata metadata,
      @Nullable Tid givenTid,
      char status,
      TransactionBuffer buffer,
      TransactionBlobs blobs,
      TransactionStage stage) {
    this.id = id;
    this.metadata = metadata;
    this.givenTid = givenTid;
    this.status = status;
    this.buffer = buffer;
    this.blobs = blobs;
    this.stage = stage;
  }

  /**
   * What {@code tpc_begin(txn, user, description, extension, tid or nil, status)} opens. Metadata
   * that can't be kept are told at the vote: nobody waits for an answer to this call.
   *
   * @param id the client's number for it
   */
  static OpenTransaction begun(Object id, Call call, FrontContext context, TransactionBlobs blobs) {
    TransactionBuffer buffer =
        new TransactionBuffer(
            new TransactionBuffer.Limits(
                context.service().transactionBytesMax(),
                context.service().stagedTransactionBytesMax(),
                context.service().transactionObjectsMax()),
            context.budget());
    TransactionMetadata metadata = TransactionMetadata.EMPTY;
    try {
      metadata =
          new TransactionMetadata(
              call.bytesOrText(1, "user"),
              call.bytesOrText(2, "description"),
              Extensions.toPickle(
                  call.args().isNone(3) ? Map.of() : call.args().map(3, "extension")));
    } catch (IllegalArgumentException e) {
      buffer.refuse(String.valueOf(e.getMessage()));
    }
    @Nullable Tid given = call.args().optionalTid(4, "tid");
    String status = call.args().isNone(5) ? " " : call.args().text(5, "status");
    return new OpenTransaction(
        id,
        metadata,
        given,
        status.length() == 1 ? status.charAt(0) : ' ',
        buffer,
        blobs,
        new TransactionStage(blobs, context.executor()));
  }

  boolean isNamed(@Nullable Object name) {
    return id.equals(name);
  }

  TransactionMetadata metadata() {
    return metadata;
  }

  /**
   * How its next vote is followed by another: a client that resolves a conflict is not to be
   * overtaken by those who come meanwhile.
   *
   * @param votesMax after which it resolves none
   */
  NextTry nextTry(int votesMax) {
    return new NextTry(votes + 1 < votesMax, ballot == null ? null : ballot.id());
  }

  /** The tid that the client dictates, if it copies. */
  @Nullable Tid givenTid() {
    return givenTid;
  }

  char status() {
    return status;
  }

  TransactionBuffer buffer() {
    return buffer;
  }

  TransactionBlobs blobs() {
    return blobs;
  }

  TransactionStage stage() {
    return stage;
  }

  /** Lets go what it holds. */
  void release() {
    buffer.release();
    blobs.close(phase == Phase.FINISHING);
  }
}
