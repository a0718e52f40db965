package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.BufferBudget;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client sent of its transaction before it votes. Data that would not fit in a log entry is
 * handed on to a stage as it comes, see {@link #spill}. Bounded: beyond a limit it keeps nothing
 * but the reason, which the vote tells. For one thread at a time.
 *
 * <p>The last store or deletion of an object counts.
 */
final class TransactionBuffer {
  /** What an operation costs beside its data. */
  private static final int OPERATION_BYTES = 64;

  /** Data of fewer bytes stays with its record. */
  private static final int STAGED_BYTES_MIN = 64;

  /** Once some data is staged, more follows in steps of this size. */
  private static final long STEP_BYTES = 1 << 20;

  private final Limits limits;
  private final BufferBudget budget;

  private final Map<Oid, Write> writes = new LinkedHashMap<>();
  private final Map<Oid, Delete> deletes = new LinkedHashMap<>();
  private final Set<ReadCheck> reads = new LinkedHashSet<>();
  private final Set<Tid> undos = new LinkedHashSet<>();
  private final Map<Oid, Restored> restores = new LinkedHashMap<>();

  /** Whose data the next spill hands on; it does not look at the others again. */
  private final Set<Oid> unstaged = new LinkedHashSet<>();

  private long sizeBytes; // what is taken of the budget
  private long heldBytes; // data that is with its records
  private long dataBytes; // all data that was sent, also what was replaced if it is staged
  private boolean spilled;
  private @Nullable Tid requiredTid;
  private @Nullable String refusal;
  private @Nullable Bytes unknownUndo;

  /**
   * A copy of a revision.
   *
   * @param hint a transaction whose revision may have the same data
   */
  record Restored(Oid oid, @Nullable Bytes data, @Nullable Tid hint, @Nullable StagedData staged) {
    Restored(Oid oid, @Nullable Bytes data, @Nullable Tid hint) {
      this(oid, data, hint, null);
    }

    RestoredRevision revision() {
      return new RestoredRevision(oid, data, null, null, staged);
    }

    int heldBytes() {
      return data == null ? 0 : data.size();
    }
  }

  /**
   * What can be committed.
   *
   * @param entryBytes the largest transaction of which nothing is staged
   * @param transactionBytes the largest of all
   * @param operations the most of them
   */
  record Limits(long entryBytes, long transactionBytes, int operations) {}

  /**
   * An empty one.
   *
   * @param budget shared by all open transactions of the node
   */
  TransactionBuffer(Limits limits, BufferBudget budget) {
    this.limits = limits;
    this.budget = budget;
  }

  void store(Write write) {
    Write before = writes.put(write.oid(), write);
    deletes.remove(write.oid());
    if (isStageable(write.data())) {
      unstaged.add(write.oid());
    }
    grow(write.dataBytes(), before == null ? 0 : heldBytes(before), before == null);
  }

  void delete(Delete delete) {
    Write before = writes.remove(delete.oid());
    deletes.put(delete.oid(), delete);
    grow(0, before == null ? 0 : heldBytes(before), before == null);
  }

  void check(ReadCheck read) {
    reads.add(read);
    grow(0, 0, true);
  }

  void undo(Tid undone) {
    undos.add(undone);
    grow(0, 0, true);
  }

  void restore(Restored restored) {
    Restored before = restores.put(restored.oid(), restored);
    if (isStageable(restored.data())) {
      unstaged.add(restored.oid());
    }
    grow(restored.heldBytes(), before == null ? 0 : before.heldBytes(), true);
  }

  private static boolean isStageable(@Nullable Bytes data) {
    return data != null && data.size() >= STAGED_BYTES_MIN;
  }

  private static int heldBytes(Write write) {
    Bytes data = write.data();
    return data == null ? 0 : data.size();
  }

  /**
   * @param added of data
   * @param replaced of data that was held
   */
  private void grow(long added, long replaced, boolean another) {
    long more = added - replaced + (another ? OPERATION_BYTES : 0);
    if (!budget.take(more)) {
      refuse(
          "the open transactions of this node's clients hold %s bytes already"
              .formatted(BufferBudget.BYTES_MAX));
      return;
    }
    sizeBytes += more;
    heldBytes += added - replaced;
    dataBytes += added - replaced;
    if (dataBytes > limits.transactionBytes()) {
      refuse(
          "the transaction is too large: %s bytes so far, the limit is %s (%s)"
              .formatted(dataBytes, limits.transactionBytes(), "limits.transaction-size-max"));
    } else if (operationCount() > limits.operations()) {
      refuse(
          "the transaction has too many operations: more than %s (%s)"
              .formatted(limits.operations(), "limits.transaction-objects-max"));
    } else if (added > limits.entryBytes() - OPERATION_BYTES) {
      refuse(
          "a record is too large: %s bytes, the limit is that of a log entry, %s (%s)"
              .formatted(added, limits.entryBytes(), "raft.entry-size-max"));
    }
  }

  /**
   * Whether data has to be staged before more comes: a quarter of the entry is left for what is
   * not.
   */
  boolean isFull() {
    return !unstaged.isEmpty()
        && heldBytes > (spilled ? STEP_BYTES : limits.entryBytes() - limits.entryBytes() / 4);
  }

  /**
   * Hands its data on; the records say where it is from now on.
   *
   * @param stage takes data and tells where it will be
   * @return so many bytes of the budget are to be given back by {@link #handedOn} once they are
   *     taken
   */
  long spill(Function<Bytes, StagedData> stage) {
    spilled = true;
    long before = heldBytes;
    for (Oid each : unstaged) {
      writes.computeIfPresent(each, (oid, write) -> staged(write, stage));
      restores.computeIfPresent(each, (oid, restored) -> staged(restored, stage));
    }
    unstaged.clear();
    return before - heldBytes;
  }

  private Write staged(Write write, Function<Bytes, StagedData> stage) {
    Bytes data = write.data();
    if (data == null || !isStageable(data)) {
      return write;
    }
    heldBytes -= data.size();
    return new Write(write.oid(), write.serial(), null, write.blob(), stage.apply(data));
  }

  private Restored staged(Restored restored, Function<Bytes, StagedData> stage) {
    Bytes data = restored.data();
    if (data == null || !isStageable(data)) {
      return restored;
    }
    heldBytes -= data.size();
    return new Restored(restored.oid(), null, null, stage.apply(data));
  }

  /** So much of what was spilled is not held any more. */
  void handedOn(long bytes) {
    if (sizeBytes > 0) {
      budget.take(-bytes);
      sizeBytes -= bytes;
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
    unstaged.clear();
    heldBytes = 0;
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
