package io.troika.server.forward;

import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.Delete;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.ReadCheck;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.StagedData;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.Write;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.TransactionId;
import io.troika.server.messages.ByteStrings;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.TransactionRequest;
import java.util.Objects;

/** Model to messages. Data is shared, not copied: it never changes. */
final class ToMessages {
  private ToMessages() {}

  static io.troika.api.v1.TransactionId id(TransactionId id) {
    return io.troika.api.v1.TransactionId.newBuilder()
        .setClientHigh(id.client().getMostSignificantBits())
        .setClientLow(id.client().getLeastSignificantBits())
        .setSequence(id.sequence())
        .build();
  }

  static VoteRequest vote(String storage, ExpectedHistory history, TransactionRequest request) {
    VoteRequest.Builder message =
        VoteRequest.newBuilder()
            .setTransaction(commit(storage, history, request))
            .setKeepLocks(request.nextTry().keepsLocks());
    TransactionId before = request.nextTry().before();
    if (before != null) {
      message.setInsteadOf(id(before));
    }
    return message.build();
  }

  /** Asks for the data of conflicts, since only then all of them are told. */
  static CommitRequest.Builder commit(
      String storage, ExpectedHistory history, TransactionRequest request) {
    CommitRequest.Builder message =
        CommitRequest.newBuilder()
            .setId(id(request.id()))
            .setStorage(storage)
            .setMetadata(metadata(request.metadata()))
            .setConflictData(true);
    if (!history.equals(ExpectedHistory.ANY)) {
      message.setHistory(history(history));
    }
    request
        .reads()
        .forEach(
            read ->
                message.addReads(
                    ReadCheck.newBuilder()
                        .setOid(read.oid().value())
                        .setSerial(read.serial().value())));
    request.writes().forEach(write -> message.addWrites(write(write)));
    request.stages().forEach(stage -> message.addStages(blob(stage)));
    request
        .deletes()
        .forEach(
            delete ->
                message.addDeletes(
                    Delete.newBuilder()
                        .setOid(delete.oid().value())
                        .setSerial(delete.serial().value())));
    request.undos().forEach(undo -> message.addUndos(undo.value()));
    return message;
  }

  private static HistoryId history(ExpectedHistory history) {
    return HistoryId.newBuilder()
        .setStorageUuid(StorageMessages.uuid(history.uuid()))
        .setEpoch(history.epoch())
        .build();
  }

  private static Write write(Command.Write write) {
    Write.Builder message =
        Write.newBuilder().setOid(write.oid().value()).setSerial(write.serial().value());
    io.troika.server.core.model.StagedData staged = write.staged();
    if (staged == null) {
      message.setData(ByteStrings.of(Objects.requireNonNull(write.data())));
    } else {
      message.setStaged(staged(staged));
    }
    BlobReference blob = write.blob();
    if (blob != null) {
      message.setBlob(blob(blob));
    }
    return message.build();
  }

  private static StagedData staged(io.troika.server.core.model.StagedData staged) {
    return StagedData.newBuilder()
        .setPart(staged.stage().part())
        .setOffset(staged.offset())
        .setLength(staged.length())
        .build();
  }

  private static StagedBlob blob(BlobReference blob) {
    return StagedBlob.newBuilder()
        .setPart(blob.id().part())
        .setLength(blob.length())
        .setChunkBytes(blob.chunkBytes())
        .setDigest(ByteStrings.of(blob.digest()))
        .build();
  }

  static StageChunkRequest stage(String storage, BlobChunk chunk) {
    return StageChunkRequest.newBuilder()
        .setTransaction(id(chunk.blob().transaction()))
        .setStorage(storage)
        .setPart(chunk.blob().part())
        .setChunkBytes(chunk.chunkBytes())
        .setOffset(chunk.offset())
        .setData(ByteStrings.of(chunk.data()))
        .build();
  }

  static RestoreRequest.Builder restore(String storage, RestoreTransactions command) {
    RestoreRequest.Builder message =
        RestoreRequest.newBuilder().setId(id(command.id())).setStorage(storage);
    command.transactions().forEach(each -> message.addTransactions(restored(each)));
    command.stages().forEach(each -> message.addStages(blob(each)));
    return message;
  }

  private static io.troika.api.v1.RestoredTransaction restored(
      Command.RestoredTransaction transaction) {
    io.troika.api.v1.RestoredTransaction.Builder message =
        io.troika.api.v1.RestoredTransaction.newBuilder()
            .setTid(transaction.tid().value())
            .setStatus(transaction.status())
            .setMetadata(metadata(transaction.metadata()));
    for (Command.RestoredRevision revision : transaction.revisions()) {
      RestoredRecord.Builder record = RestoredRecord.newBuilder().setOid(revision.oid().value());
      if (revision.blob() != null) {
        record.setBlob(blob(revision.blob()));
      }
      if (revision.data() != null) {
        record.setData(ByteStrings.of(revision.data()));
      } else if (revision.staged() != null) {
        record.setStaged(staged(revision.staged()));
      } else if (revision.dataTid() != null) {
        record.setDataTid(revision.dataTid().value());
      }
      message.addRecords(record);
    }
    return message.build();
  }

  private static TransactionMetadata metadata(
      io.troika.server.core.model.TransactionMetadata metadata) {
    return TransactionMetadata.newBuilder()
        .setUser(ByteStrings.of(metadata.user()))
        .setDescription(ByteStrings.of(metadata.description()))
        .setExtension(ByteStrings.of(metadata.extension()))
        .build();
  }
}
