package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.front.zeo.commit.TransactionBuffer.Restored;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.reads.HistoryView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A transaction whose tid the client dictates because it copies a database: restored revisions, or
 * ordinary stores with a tid, which may bring blobs. The vote locks nothing. It refuses a tid that
 * is not greater than the newest, and looks at the serials of ordinary stores; that the tid is
 * still greater is checked again when it is applied, so a copy never changes the past.
 */
final class CopyBallot implements Ballot {
  private static final int INLINE_RECORDS_MAX = 64;

  private final StorageSession session;
  private final TransactionId id;
  private final OpenTransaction transaction;
  private final Tid tid;
  private final CompletableFuture<List<BlobReference>> stages;
  private final boolean isNext;
  private @Nullable RestoreTransactions command; // set by the vote, before it is answered

  /**
   * Not voted yet.
   *
   * @param stages of its records, once all is staged
   * @param isNext whether this connection committed another copy just before
   */
  CopyBallot(
      StorageSession session,
      TransactionId id,
      OpenTransaction transaction,
      Tid tid,
      CompletableFuture<List<BlobReference>> stages,
      boolean isNext) {
    this.stages = stages;
    this.session = session;
    this.id = id;
    this.transaction = transaction;
    this.tid = tid;
    this.isNext = isNext;
  }

  @Override
  public TransactionId id() {
    return id;
  }

  @Override
  public CompletableFuture<VoteAnswer> vote() {
    return transaction
        .blobs()
        .writes(transaction.buffer().writes())
        .thenCompose(
            writes ->
                newestTid()
                    .thenCombineAsync(
                        stages,
                        (newest, staged) -> check(newest, writes, staged),
                        readsLittle() ? Runnable::run : session.context().executor()));
  }

  /** Nothing is compared with what is there, so the thread that is at it may go on. */
  private boolean readsLittle() {
    TransactionBuffer buffer = transaction.buffer();
    List<Restored> restores = buffer.restores();
    return restores.size() <= INLINE_RECORDS_MAX
        && restores.stream().allMatch(each -> each.hint() == null)
        && isOfRevisions(buffer);
  }

  private static boolean isOfRevisions(TransactionBuffer buffer) {
    return buffer.writes().isEmpty() && buffer.deletes().isEmpty() && buffer.reads().isEmpty();
  }

  /**
   * What the tid has to be greater than, and this node has applied: the newest transaction there
   * is. In the middle of a copy of nothing but revisions, which has the storage for itself, what
   * this node has; the leader is not asked each time.
   */
  private CompletableFuture<Tid> newestTid() {
    if (isNext && isOfRevisions(transaction.buffer())) {
      return CompletableFuture.completedFuture(session.applied().lastTid());
    }
    return session
        .context()
        .leader()
        .newestTid(session.name(), StorageSession.LEADER_WAIT_MAX)
        .thenCompose(newest -> session.applied(newest).thenApply(done -> newest));
  }

  private VoteAnswer check(Tid newest, List<Write> writes, List<BlobReference> staged) {
    TransactionBuffer buffer = transaction.buffer();
    if (tid.compareTo(newest) <= 0) {
      return new VoteAnswer.Refused(
          new Rejected(
              Rejected.Reason.TID_NOT_GREATER,
              "tid %s: expected more than %s, the last transaction".formatted(tid, newest)));
    }
    if (!buffer.undos().isEmpty()) {
      return new VoteAnswer.Refused(
          new Rejected(
              Rejected.Reason.INVALID_TRANSACTION, "a transaction with a given tid can't undo"));
    }
    HistoryView view = session.at(newest);
    List<ObjectConflict> conflicts = conflicts(view);
    if (!conflicts.isEmpty()) {
      return new VoteAnswer.Refused(new Conflict(conflicts));
    }
    List<RestoredRevision> revisions = revisions(view, writes);
    Rejected overQuota = overQuota(revisions);
    if (overQuota != null) {
      return new VoteAnswer.Refused(overQuota);
    }
    command =
        new RestoreTransactions(
            id,
            session.storage(),
            List.of(
                new RestoredTransaction(
                    tid, transaction.status(), transaction.metadata(), revisions)),
            staged);
    return new VoteAnswer.Voted(session.context().config().transactionTimeout(), 0);
  }

  /** It is asked for again when it is finished; here, in time for the client to hear of it. */
  private @Nullable Rejected overQuota(List<RestoredRevision> revisions) {
    StorageState state = session.applied();
    long bytes = 0;
    for (RestoredRevision each : revisions) {
      bytes += each.dataBytes();
    }
    return bytes > 0 && bytes > state.roomBytes() ? Rejected.overQuota(state, bytes) : null;
  }

  private List<ObjectConflict> conflicts(HistoryView view) {
    List<ObjectConflict> conflicts = new ArrayList<>();
    for (ReadCheck read : transaction.buffer().reads()) {
      compare(conflicts, view, Kind.READ, read.oid(), read.serial());
    }
    for (Write write : transaction.buffer().writes()) {
      compare(conflicts, view, Kind.WRITE, write.oid(), write.serial());
    }
    for (Delete delete : transaction.buffer().deletes()) {
      compare(conflicts, view, Kind.DELETE, delete.oid(), delete.serial());
    }
    return conflicts;
  }

  private static void compare(
      List<ObjectConflict> conflicts, HistoryView view, Kind kind, Oid oid, Tid serial) {
    List<HistoryEntry> newest = view.history(oid, 1);
    Tid current = newest.isEmpty() ? Tid.NONE : newest.get(0).tid();
    boolean takenAnyway = kind == Kind.WRITE && newest.isEmpty();
    if (!takenAnyway && !current.equals(serial)) {
      conflicts.add(new ObjectConflict(kind, oid, serial, current));
    }
  }

  private List<RestoredRevision> revisions(HistoryView view, List<Write> writes) {
    TransactionBuffer buffer = transaction.buffer();
    List<RestoredRevision> revisions = new ArrayList<>();
    buffer.restores().forEach(each -> revisions.add(shared(view, each)));
    writes.forEach(
        write ->
            revisions.add(
                new RestoredRevision(
                    write.oid(), write.data(), null, write.blob(), write.staged())));
    buffer
        .deletes()
        .forEach(delete -> revisions.add(new RestoredRevision(delete.oid(), null, null)));
    return revisions;
  }

  /** With its data, or sharing it, if it is that of the transaction which the client names. */
  private static RestoredRevision shared(HistoryView view, Restored restored) {
    boolean same =
        restored.hint() != null
            && restored.data() != null
            && view.loadSerial(restored.oid(), restored.hint()) instanceof Found found
            && found.revision().data().equals(restored.data());
    return same ? new RestoredRevision(restored.oid(), null, restored.hint()) : restored.revision();
  }

  @Override
  public CompletableFuture<TransactionOutcome> finish(VoteAnswer.Voted voted) {
    RestoreTransactions voteLeft = command;
    if (voteLeft == null) {
      throw new IllegalStateException("transaction " + id + " was not voted");
    }
    Duration patience = StorageSession.LEADER_WAIT_MAX;
    return session.context().leader().restore(session.name(), voteLeft, patience);
  }

  @Override
  public void abandon() {
    // Nothing is held.
  }

  @Override
  public List<@Nullable Object> voteReply() {
    return List.of();
  }
}
