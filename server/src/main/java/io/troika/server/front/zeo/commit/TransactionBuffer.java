package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.BufferBudget;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client sent of its transaction before it votes. Bounded: beyond a limit it keeps nothing
 * but the reason, which the vote tells. (Staging of larger transactions would begin here.) For one
 * thread at a time.
 *
 * <p>The last store or deletion of an object counts.
 */
final class TransactionBuffer {
  /** What an operation costs beside its data. */
  private static final int OPERATION_BYTES = 64;

  private final long bytesMax;
  private final int operationsMax;
  private final BufferBudget budget;

  private final Map<Oid, Write> writes = new LinkedHashMap<>();
  private final Map<Oid, Delete> deletes = new LinkedHashMap<>();
  private final Set<ReadCheck> reads = new LinkedHashSet<>();
  private final Set<Tid> undos = new LinkedHashSet<>();
  private final Map<Oid, Restored> restores = new LinkedHashMap<>();
  private long sizeBytes;
  private @Nullable Tid requiredTid;
  private @Nullable String refusal;
  private @Nullable Bytes unknownUndo;

  /**
   * A copy of a revision.
   *
   * @param hint a transaction whose revision may have the same data
   */
  record Restored(Oid oid, @Nullable Bytes data, @Nullable Tid hint) {
    RestoredRevision revision() {
      return new RestoredRevision(oid, data, null);
    }
  }

  /**
   * An empty one.
   *
   * @param bytesMax the largest transaction that can be committed
   * @param operationsMax likewise in operations
   * @param budget shared by all open transactions of the node
   */
  TransactionBuffer(long bytesMax, int operationsMax, BufferBudget budget) {
    this.bytesMax = bytesMax;
    this.operationsMax = operationsMax;
    this.budget = budget;
  }

  void store(Write write) {
    Write before = writes.put(write.oid(), write);
    deletes.remove(write.oid());
    grow(write.dataBytes() - (before == null ? 0 : before.dataBytes()), before == null);
  }

  void delete(Delete delete) {
    Write before = writes.remove(delete.oid());
    deletes.put(delete.oid(), delete);
    grow(before == null ? 0 : -before.dataBytes(), before == null);
  }

  void check(ReadCheck read) {
    reads.add(read);
    grow(0, true);
  }

  void undo(Tid undone) {
    undos.add(undone);
    grow(0, true);
  }

  void restore(Restored restored) {
    restores.put(restored.oid(), restored);
    grow(restored.data() == null ? 0 : restored.data().size(), true);
  }

  private void grow(long dataBytes, boolean another) {
    long more = dataBytes + (another ? OPERATION_BYTES : 0);
    if (!budget.take(more)) {
      refuse(
          "the open transactions of this node's clients hold %s bytes already"
              .formatted(BufferBudget.BYTES_MAX));
      return;
    }
    sizeBytes += more;
    if (sizeBytes > bytesMax) {
      refuse(
          "the transaction is too large: more than %s bytes, the limit of a log entry (%s)"
              .formatted(bytesMax, "raft.entry-size-max"));
    } else if (operationCount() > operationsMax) {
      refuse(
          "the transaction has too many operations: more than %s (%s)"
              .formatted(operationsMax, "limits.transaction-objects-max"));
    }
  }

  private int operationCount() {
    return writes.size() + deletes.size() + reads.size() + undos.size() + restores.size();
  }

  /** The transaction can't be committed; its data is let go. */
  void refuse(String reason) {
    if (refusal == null) {
      refusal = reason;
    }
    writes.clear();
    deletes.clear();
    reads.clear();
    undos.clear();
    restores.clear();
    release();
  }

  /** Gives back what it has of the budget: the transaction has ended. */
  void release() {
    budget.take(-sizeBytes);
    sizeBytes = 0;
  }

  /** A copy must keep this tid; two different ones can't be kept. */
  void requireTid(Tid tid) {
    if (requiredTid == null) {
      requiredTid = tid;
    } else if (!requiredTid.equals(tid)) {
      refuse("revisions of transactions %s and %s in one".formatted(requiredTid, tid));
    }
  }

  /** The tid of what is restored, or null. */
  @Nullable Tid requiredTid() {
    return requiredTid;
  }

  /** An undo id was sent that names no transaction. */
  void undoUnknown(Bytes undoId) {
    unknownUndo = undoId;
    refuse("Undoing a non-existent transaction");
  }

  /** That id, or null. */
  @Nullable Bytes unknownUndo() {
    return unknownUndo;
  }

  /** Why it can't be committed, or null. */
  @Nullable String refusal() {
    return refusal;
  }

  List<Write> writes() {
    return List.copyOf(writes.values());
  }

  @Nullable Write write(Oid oid) {
    return writes.get(oid);
  }

  List<Delete> deletes() {
    return List.copyOf(deletes.values());
  }

  List<ReadCheck> reads() {
    return List.copyOf(reads);
  }

  List<Tid> undos() {
    return List.copyOf(undos);
  }

  List<Restored> restores() {
    return List.copyOf(restores.values());
  }
}
