package io.troika.server.service.commit;

import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Stages;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;

/**
 * A transaction as a client sends it: what {@link CommitTransaction} says, but for the tid
 * candidate, which only the leader chooses and only when it appends. A write may bring a blob that
 * was staged before under the id of this transaction, see {@code BlobUpload}; so may the data of
 * writes, one after the other in a blob that no object has: then {@code stages} names that.
 */
public record TransactionRequest(
    TransactionId id,
    StorageId storage,
    TransactionMetadata metadata,
    List<ReadCheck> reads,
    List<Write> writes,
    List<Delete> deletes,
    List<Tid> undos,
    List<BlobReference> stages,
    NextTry nextTry) {

  // A fixed frame a command, and for each part its ids with room for lengths and tags. The log
  // encodes no less tightly; what it really needs it checks again itself.
  private static final int COMMAND_OVERHEAD_BYTES = 128;
  private static final int PART_OVERHEAD_BYTES = 24;
  private static final int BLOB_OVERHEAD_BYTES = 80;
  private static final int STAGED_OVERHEAD_BYTES = 16;

  public TransactionRequest {
    reads = List.copyOf(reads);
    writes = List.copyOf(writes);
    deletes = List.copyOf(deletes);
    undos = List.copyOf(undos);
    stages = List.copyOf(stages);
    Stages.requireValid(id, stages, writes);
  }

  /** With all data in it, that is voted for once, or not at all. */
  public TransactionRequest(
      TransactionId id,
      StorageId storage,
      TransactionMetadata metadata,
      List<ReadCheck> reads,
      List<Write> writes,
      List<Delete> deletes,
      List<Tid> undos) {
    this(id, storage, metadata, reads, writes, deletes, undos, List.of(), NextTry.NONE);
  }

  /** The same, voted for in this way. */
  public TransactionRequest with(NextTry other) {
    return new TransactionRequest(
        id, storage, metadata, reads, writes, deletes, undos, stages, other);
  }

  /** Reads, writes, deletes and undos together. */
  public int partCount() {
    return reads.size() + writes.size() + deletes.size() + undos.size();
  }

  /** The data that was staged for it. */
  public long stagedBytes() {
    if (stages.isEmpty()) {
      return 0;
    }
    return writes.stream()
        .filter(write -> write.staged() != null)
        .mapToLong(Write::dataBytes)
        .sum();
  }

  /** The largest record of that. */
  int stagedRecordBytesMax() {
    if (stages.isEmpty()) {
      return 0;
    }
    return writes.stream()
        .filter(write -> write.staged() != null)
        .mapToInt(Write::dataBytes)
        .max()
        .orElse(0);
  }

  /** About what it takes in the log, rather more than less; without what was staged. */
  public long sizeBytes() {
    long size = (long) COMMAND_OVERHEAD_BYTES + metadata.sizeBytes();
    size += (long) BLOB_OVERHEAD_BYTES * stages.size();
    for (Write write : writes) {
      size += write.staged() == null ? write.dataBytes() : STAGED_OVERHEAD_BYTES;
      size += write.blob() == null ? 0 : BLOB_OVERHEAD_BYTES;
    }
    return size + (long) PART_OVERHEAD_BYTES * partCount();
  }

  public CommitTransaction toCommand(Tid candidate) {
    return new CommitTransaction(
        id, storage, candidate, metadata, reads, writes, deletes, undos, stages);
  }
}
