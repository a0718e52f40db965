package io.troika.server.service.commit;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the sequencer must know of a transaction, whether it is new or a copy. */
sealed interface Submission permits Submission.Commit, Submission.Restore, JointSubmission {
  TransactionId id();

  int partCount();

  /** About what it takes in the log, rather more than less. */
  long sizeBytes();

  /** How much larger it makes each of its storages, but for what an undo may copy aside. */
  List<Growth> growth();

  /** The data that was staged for it. */
  long stagedBytes();

  /** The largest record of that. */
  int stagedRecordBytesMax();

  /** So much larger one storage becomes. */
  record Growth(StorageId storage, long bytes) {}

  /** What it changes, exclusively, and what must not change before it is applied, shared. */
  List<OidLocks.Wanted> locks(RevisionReader reader);

  /** An outcome that is certain already; null: applying decides. Called under the locks. */
  @Nullable TransactionOutcome certainOutcome(RevisionReader reader);

  /** What applying would answer if it were now; null: it would commit. Called under the locks. */
  @Nullable TransactionOutcome presentOutcome(RevisionReader reader);

  Command toCommand(Tid candidate);

  /** What follows if it is voted for and refused. */
  default NextTry nextTry() {
    return NextTry.NONE;
  }

  /** A client's transaction. */
  record Commit(TransactionRequest request) implements Submission {
    @Override
    public TransactionId id() {
      return request.id();
    }

    @Override
    public int partCount() {
      return request.partCount();
    }

    @Override
    public long sizeBytes() {
      return request.sizeBytes();
    }

    @Override
    public List<Growth> growth() {
      return List.of(growth(request));
    }

    static Growth growth(TransactionRequest request) {
      long bytes = 0;
      Set<BlobId> blobs = new HashSet<>(0); // asked, never iterated
      for (Write write : request.writes()) {
        @Nullable BlobReference blob = write.blob();
        bytes += write.dataBytes();
        bytes += blob != null && blobs.add(blob.id()) ? blob.length() : 0;
      }
      return new Growth(request.storage(), bytes);
    }

    @Override
    public long stagedBytes() {
      return request.stagedBytes();
    }

    @Override
    public int stagedRecordBytesMax() {
      return request.stagedRecordBytesMax();
    }

    @Override
    public List<OidLocks.Wanted> locks(RevisionReader reader) {
      return List.of(locks(reader, request));
    }

    static OidLocks.Wanted locks(RevisionReader reader, TransactionRequest request) {
      List<Oid> oids = new ArrayList<>(request.partCount());
      for (Write write : request.writes()) {
        oids.add(write.oid());
      }
      for (Delete delete : request.deletes()) {
        oids.add(delete.oid());
      }
      for (Tid undone : request.undos()) {
        TransactionRecord transaction = reader.transaction(request.storage(), undone);
        if (transaction != null) { // otherwise applying says that there is none
          oids.addAll(transaction.oids());
        }
      }
      return new OidLocks.Wanted(
          request.storage(), oids, request.reads().stream().map(ReadCheck::oid).toList());
    }

    @Override
    public @Nullable TransactionOutcome certainOutcome(RevisionReader reader) {
      return SerialChecks.certainConflict(reader, request);
    }

    @Override
    public @Nullable TransactionOutcome presentOutcome(RevisionReader reader) {
      return SerialChecks.presentOutcome(reader, request);
    }

    @Override
    public Command toCommand(Tid candidate) {
      return request.toCommand(candidate);
    }

    @Override
    public NextTry nextTry() {
      return request.nextTry();
    }
  }

  /** Copies of transactions of elsewhere: their tids are given and no serial is checked. */
  record Restore(RestoreTransactions command) implements Submission {
    private static final int OVERHEAD_BYTES = 128;
    private static final int TRANSACTION_OVERHEAD_BYTES = 32;
    private static final int PART_OVERHEAD_BYTES = 32;
    private static final int BLOB_OVERHEAD_BYTES = 80;

    @Override
    public TransactionId id() {
      return command.id();
    }

    @Override
    public int partCount() {
      int count = 0;
      for (RestoredTransaction transaction : command.transactions()) {
        count += transaction.revisions().size();
      }
      return count;
    }

    @Override
    public long sizeBytes() {
      long size = OVERHEAD_BYTES + (long) BLOB_OVERHEAD_BYTES * command.stages().size();
      for (RestoredTransaction transaction : command.transactions()) {
        size += TRANSACTION_OVERHEAD_BYTES + transaction.metadata().sizeBytes();
        for (RestoredRevision revision : transaction.revisions()) {
          size += PART_OVERHEAD_BYTES + (revision.staged() == null ? revision.dataBytes() : 0);
          size += revision.blob() == null ? 0 : BLOB_OVERHEAD_BYTES;
        }
      }
      return size;
    }

    @Override
    public List<Growth> growth() {
      long bytes = 0;
      Set<BlobId> blobs = new HashSet<>(0); // asked, never iterated
      for (RestoredTransaction transaction : command.transactions()) {
        for (RestoredRevision revision : transaction.revisions()) {
          @Nullable BlobReference blob = revision.blob();
          bytes += revision.dataBytes();
          bytes += blob != null && blobs.add(blob.id()) ? blob.length() : 0;
        }
      }
      return List.of(new Growth(command.storage(), bytes));
    }

    @Override
    public long stagedBytes() {
      return staged().asLongStream().sum();
    }

    @Override
    public int stagedRecordBytesMax() {
      return staged().max().orElse(0);
    }

    private IntStream staged() {
      return command.transactions().stream()
          .flatMap(transaction -> transaction.revisions().stream())
          .filter(revision -> revision.staged() != null)
          .mapToInt(RestoredRevision::dataBytes);
    }

    @Override
    public List<OidLocks.Wanted> locks(RevisionReader reader) {
      List<Oid> oids =
          command.transactions().stream()
              .flatMap(transaction -> transaction.revisions().stream())
              .map(RestoredRevision::oid)
              .toList();
      return List.of(new OidLocks.Wanted(command.storage(), oids, List.of()));
    }

    @Override
    public @Nullable TransactionOutcome certainOutcome(RevisionReader reader) {
      return null;
    }

    @Override
    public @Nullable TransactionOutcome presentOutcome(RevisionReader reader) {
      return null; // nobody votes for a copy
    }

    @Override
    public Command toCommand(Tid candidate) {
      return command;
    }
  }
}
