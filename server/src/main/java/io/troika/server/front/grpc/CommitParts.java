package io.troika.server.front.grpc;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.api.v1.CommitRequest;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.NextTry;
import io.troika.server.service.commit.TransactionRequest;
import java.util.ArrayList;
import java.util.List;

/** A transaction put together from the parts in which it was sent, one or more. */
final class CommitParts {
  private final TransactionId id;
  private final String storage;
  private final boolean conflictData;
  private final String waitingFollower;
  private final ExpectedHistory history;
  private final TransactionMetadata metadata;
  private final List<BlobReference> stages;
  private final List<ReadCheck> reads = new ArrayList<>();
  private final List<Write> writes = new ArrayList<>();
  private final List<Delete> deletes = new ArrayList<>();
  private final List<Tid> undos = new ArrayList<>();

  /** Begins with the part that carries the header. */
  CommitParts(CommitRequest first) {
    this.id = FromProto.transactionId(first.hasId(), first.getId());
    this.storage = first.getStorage();
    this.conflictData = first.getConflictData();
    this.waitingFollower = first.getWaitingFollower();
    this.history = FromProto.history(first.hasHistory(), first.getHistory());
    this.metadata = FromProto.metadata(first.getMetadata());
    this.stages = BlobMessages.references(id, first.getStagesList());
    addOperations(first);
  }

  private CommitParts(CommitParts before, CommitRequest first) {
    this.id = before.id;
    this.storage = first.getStorage();
    this.conflictData = before.conflictData;
    this.waitingFollower = before.waitingFollower;
    this.history = FromProto.history(first.hasHistory(), first.getHistory());
    this.metadata = before.metadata;
    this.stages = BlobMessages.references(id, first.getStagesList());
    addOperations(first);
  }

  /** Begins with what the same transaction does in another storage. */
  CommitParts next(CommitRequest part) {
    requireArgument(
        !part.hasId() && !part.hasMetadata(),
        "transaction %s: id and metadata belong into the first part only",
        id);
    return new CommitParts(this, part);
  }

  /** Adds a later part, which must not have a header. */
  void add(CommitRequest part) {
    requireArgument(
        !part.hasId()
            && part.getStorage().isEmpty()
            && !part.hasMetadata()
            && !part.hasHistory()
            && part.getStagesCount() == 0,
        "transaction %s: id, storage, history, metadata and stages belong into the first part only",
        id);
    addOperations(part);
  }

  private void addOperations(CommitRequest part) {
    reads.addAll(FromProto.reads(part.getReadsList()));
    writes.addAll(FromProto.writes(id, stages, part.getWritesList()));
    deletes.addAll(FromProto.deletes(part.getDeletesList()));
    undos.addAll(FromProto.tids("undos", part.getUndosList()));
  }

  TransactionId id() {
    return id;
  }

  String storage() {
    return storage;
  }

  /** In which it was begun. */
  ExpectedHistory history() {
    return history;
  }

  boolean conflictData() {
    return conflictData;
  }

  String waitingFollower() {
    return waitingFollower;
  }

  TransactionRequest toRequest(StorageId storageId) {
    return new TransactionRequest(
        id, storageId, metadata, reads, writes, deletes, undos, stages, NextTry.NONE);
  }
}
