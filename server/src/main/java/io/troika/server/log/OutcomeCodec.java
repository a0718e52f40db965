package io.troika.server.log;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.GarbageStale;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.Packing;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Staged;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Outcomes to bytes and back: as the answer to a log entry, and remembered on disk. A kind, reason
 * or form is never given another meaning; what changes gets a new number.
 *
 * <pre>{@code
 * outcomes = version 1 (now 1), count 4, then for each: length 4, outcome
 *
 * outcome  = kind 1, then
 *  1 committed      tid 8
 *  2 conflict       count 4, n * (kind 1: 1 read | 2 write | 3 delete, oid 8, read 8, current 8)
 *  3 undo conflict  count 4, n * (oid 8, undone 8, current 8)
 *  4 abandoned      nothing
 *  5 rejected       reason 1, length 4, message in UTF-8
 *  6 oids           first 8, count 4
 *  7 storage        created 1, state: id 4, uuid 16, epoch 8, last tid 8, next oid 8, pack tid 8,
 *                   objects 8, transactions 8, data bytes 8, blob bytes 8, quota 8 (2^63 - 1:
 *                   none), length 4, name in UTF-8; from epoch 2 on: epoch tid 8, place 4
 *  8 done           nothing
 *  of transactions over several storages:
 * 35 conflict       as 2, with the storage 4 after each kind
 * 36 undo conflict  as 3, with the storage 4 before each oid
 * 20 staged         reference as BlobCodec writes it
 * 40 packing        state of the pack as PackStateCodec writes it
 * 41 garbage stale  last tid 8
 * }</pre>
 */
public final class OutcomeCodec {
  private static final int VERSION = 1;
  private static final String WHAT = "outcome";

  private static final int COMMITTED = 1;
  private static final int CONFLICT = 2;
  private static final int UNDO_CONFLICT = 3;
  private static final int ABANDONED = 4;
  private static final int REJECTED = 5;
  private static final int OIDS_ALLOCATED = 6;
  private static final int STORAGE_CREATED = 7;
  private static final int DONE = 8;
  private static final int STAGED = 20;
  private static final int JOINT_CONFLICT = 35;
  private static final int JOINT_UNDO_CONFLICT = 36;
  private static final int PACKING = 40;
  private static final int GARBAGE_STALE = 41;

  private static final int LIST_HEADER_BYTES = 1 + Integer.BYTES;
  private static final int OBJECT_CONFLICT_BYTES = 1 + 3 * Long.BYTES;
  private static final int JOINT_OBJECT_CONFLICT_BYTES = Integer.BYTES + OBJECT_CONFLICT_BYTES;
  private static final int UNDO_OBSTACLE_BYTES = 3 * Long.BYTES;
  private static final int JOINT_UNDO_OBSTACLE_BYTES = Integer.BYTES + UNDO_OBSTACLE_BYTES;

  private OutcomeCodec() {}

  /** One outcome. */
  public static byte[] encode(Outcome outcome) {
    ByteWriter writer = new ByteWriter(encodedSize(outcome));
    write(writer, outcome);
    return writer.finish();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws DecodingException if it cannot be read
   */
  public static Outcome decode(Bytes bytes) {
    return ByteReader.readWhole(WHAT, bytes, OutcomeCodec::read);
  }

  /** Reads the outcome of a transaction; any other is damage. */
  public static TransactionOutcome decodeTransactionOutcome(Bytes bytes) {
    if (decode(bytes) instanceof TransactionOutcome outcome) {
      return outcome;
    }
    throw new CorruptDataException(
        WHAT + ": kind " + bytes.at(0) + " where the outcome of a transaction was expected");
  }

  /** The outcomes of one log entry, in order. */
  public static byte[] encodeAll(List<Outcome> outcomes) {
    int size = LIST_HEADER_BYTES;
    for (Outcome outcome : outcomes) {
      size = Math.addExact(size, Integer.BYTES + encodedSize(outcome));
    }
    ByteWriter writer = new ByteWriter(size);
    writer.u8(VERSION).i32(outcomes.size());
    for (Outcome outcome : outcomes) {
      writer.i32(encodedSize(outcome));
      write(writer, outcome);
    }
    return writer.finish();
  }

  /**
   * Reads what {@link #encodeAll} wrote.
   *
   * @throws DecodingException if it cannot be read
   */
  public static List<Outcome> decodeAll(Bytes bytes) {
    return ByteReader.readWhole(
        "outcomes",
        bytes,
        reader -> {
          int version = reader.u8();
          if (version != VERSION) {
            throw reader.unknown("format version " + version);
          }
          return reader.list(Integer.BYTES + 1, () -> decode(reader.bytes32()));
        });
  }

  /** The size of {@link #encode}'s result, in bytes. */
  public static int encodedSize(Outcome outcome) {
    return 1 + bodySize(outcome);
  }

  private static int bodySize(Outcome outcome) {
    if (outcome instanceof Committed || outcome instanceof GarbageStale) {
      return Long.BYTES;
    } else if (outcome instanceof Conflict conflict) {
      int each = conflict.isJoint() ? JOINT_OBJECT_CONFLICT_BYTES : OBJECT_CONFLICT_BYTES;
      return Integer.BYTES + Math.multiplyExact(each, conflict.conflicts().size());
    } else if (outcome instanceof UndoConflict conflict) {
      int each = conflict.isJoint() ? JOINT_UNDO_OBSTACLE_BYTES : UNDO_OBSTACLE_BYTES;
      return Integer.BYTES + Math.multiplyExact(each, conflict.obstacles().size());
    } else if (outcome instanceof Rejected rejected) {
      return 1 + ByteWriter.sizeOfBytes32(ByteWriter.text(rejected.message()));
    } else if (outcome instanceof OidsAllocated) {
      return Long.BYTES + Integer.BYTES;
    } else if (outcome instanceof StorageCreated created) {
      return 1 + StorageStateCodec.encodedSize(created.storage());
    } else if (outcome instanceof Staged) {
      return BlobCodec.REFERENCE_BYTES;
    } else if (outcome instanceof Packing packing) {
      return PackStateCodec.encodedSize(packing.state());
    } else if (outcome instanceof Abandoned || outcome instanceof Done) {
      return 0;
    }
    throw new AssertionError("an outcome without a format: " + outcome.getClass());
  }

  private static void write(ByteWriter writer, Outcome outcome) {
    if (outcome instanceof Committed committed) {
      writer.u8(COMMITTED).tid(committed.tid());
    } else if (outcome instanceof Conflict conflict) {
      writer.u8(conflict.isJoint() ? JOINT_CONFLICT : CONFLICT).i32(conflict.conflicts().size());
      conflict.conflicts().forEach(object -> writeObjectConflict(writer, object));
    } else if (outcome instanceof UndoConflict conflict) {
      writer.u8(conflict.isJoint() ? JOINT_UNDO_CONFLICT : UNDO_CONFLICT);
      writer.i32(conflict.obstacles().size());
      conflict.obstacles().forEach(obstacle -> writeUndoObstacle(writer, obstacle));
    } else if (outcome instanceof Abandoned) {
      writer.u8(ABANDONED);
    } else if (outcome instanceof Rejected rejected) {
      writer.u8(REJECTED).u8(code(rejected.reason()));
      writer.bytes32(ByteWriter.text(rejected.message()));
    } else if (outcome instanceof OidsAllocated oids) {
      writer.u8(OIDS_ALLOCATED).oid(oids.first()).i32(oids.count());
    } else if (outcome instanceof StorageCreated created) {
      writer.u8(STORAGE_CREATED).u8(created.created() ? 1 : 0);
      StorageStateCodec.write(writer, created.storage());
    } else if (outcome instanceof Done) {
      writer.u8(DONE);
    } else if (outcome instanceof Staged staged) {
      BlobCodec.write(writer.u8(STAGED), staged.content());
    } else if (outcome instanceof Packing packing) {
      PackStateCodec.write(writer.u8(PACKING), packing.state());
    } else if (outcome instanceof GarbageStale stale) {
      writer.u8(GARBAGE_STALE).tid(stale.lastTid());
    }
  }

  private static void writeObjectConflict(ByteWriter writer, ObjectConflict conflict) {
    writer.u8(code(conflict.kind()));
    writeStorage(writer, conflict.storage());
    writer.oid(conflict.oid()).tid(conflict.serialRead()).tid(conflict.serialCurrent());
  }

  private static void writeUndoObstacle(ByteWriter writer, UndoObstacle obstacle) {
    writeStorage(writer, obstacle.storage());
    writer.oid(obstacle.oid()).tid(obstacle.undone()).tid(obstacle.current());
  }

  private static void writeStorage(ByteWriter writer, @Nullable StorageId storage) {
    if (storage != null) {
      writer.storage(storage);
    }
  }

  private static Outcome read(ByteReader reader) {
    int kind = reader.u8();
    return switch (kind) {
      case COMMITTED -> new Committed(reader.tid());
      case CONFLICT ->
          new Conflict(reader.list(OBJECT_CONFLICT_BYTES, () -> readObjectConflict(reader, false)));
      case JOINT_CONFLICT ->
          new Conflict(
              reader.list(JOINT_OBJECT_CONFLICT_BYTES, () -> readObjectConflict(reader, true)));
      case UNDO_CONFLICT ->
          new UndoConflict(reader.list(UNDO_OBSTACLE_BYTES, () -> readUndoObstacle(reader, false)));
      case JOINT_UNDO_CONFLICT ->
          new UndoConflict(
              reader.list(JOINT_UNDO_OBSTACLE_BYTES, () -> readUndoObstacle(reader, true)));
      case ABANDONED -> new Abandoned();
      case REJECTED -> new Rejected(reason(reader), reader.text());
      case OIDS_ALLOCATED -> new OidsAllocated(reader.oid(), reader.i32());
      case STORAGE_CREATED -> readStorageCreated(reader);
      case DONE -> new Done();
      case STAGED -> new Staged(BlobCodec.readReference(reader));
      case PACKING -> new Packing(PackStateCodec.read(reader));
      case GARBAGE_STALE -> new GarbageStale(reader.tid());
      default -> throw reader.unknown("kind " + kind);
    };
  }

  private static ObjectConflict readObjectConflict(ByteReader reader, boolean joint) {
    ObjectConflict.Kind kind = conflictKind(reader);
    StorageId storage = joint ? reader.storage() : null;
    Oid oid = reader.oid();
    return new ObjectConflict(kind, storage, oid, reader.tid(), reader.tid());
  }

  private static UndoObstacle readUndoObstacle(ByteReader reader, boolean joint) {
    StorageId storage = joint ? reader.storage() : null;
    return new UndoObstacle(storage, reader.oid(), reader.tid(), reader.tid());
  }

  private static StorageCreated readStorageCreated(ByteReader reader) {
    int created = reader.u8();
    if (created > 1) {
      throw reader.corrupt("created is " + created + ", expected 0 or 1");
    }
    StorageState state = StorageStateCodec.read(reader);
    return new StorageCreated(state, created == 1);
  }

  // Numbers of our own: the order of an enum's constants is nobody's promise.

  private static int code(ObjectConflict.Kind kind) {
    return switch (kind) {
      case READ -> 1;
      case WRITE -> 2;
      case DELETE -> 3;
    };
  }

  private static ObjectConflict.Kind conflictKind(ByteReader reader) {
    int code = reader.u8();
    return switch (code) {
      case 1 -> ObjectConflict.Kind.READ;
      case 2 -> ObjectConflict.Kind.WRITE;
      case 3 -> ObjectConflict.Kind.DELETE;
      default -> throw reader.unknown("conflict kind " + code);
    };
  }

  private static int code(Rejected.Reason reason) {
    return switch (reason) {
      case UNKNOWN_STORAGE -> 1;
      case UNKNOWN_OBJECT -> 2;
      case UNKNOWN_TRANSACTION -> 3;
      case INVALID_TRANSACTION -> 4;
      case TID_NOT_GREATER -> 5;
      case OIDS_EXHAUSTED -> 6;
      case STAGING_FULL -> 20;
      case STAGING_LOST -> 21;
      case QUOTA_EXCEEDED -> 65;
    };
  }

  private static Rejected.Reason reason(ByteReader reader) {
    int code = reader.u8();
    return switch (code) {
      case 1 -> Rejected.Reason.UNKNOWN_STORAGE;
      case 2 -> Rejected.Reason.UNKNOWN_OBJECT;
      case 3 -> Rejected.Reason.UNKNOWN_TRANSACTION;
      case 4 -> Rejected.Reason.INVALID_TRANSACTION;
      case 5 -> Rejected.Reason.TID_NOT_GREATER;
      case 6 -> Rejected.Reason.OIDS_EXHAUSTED;
      case 20 -> Rejected.Reason.STAGING_FULL;
      case 21 -> Rejected.Reason.STAGING_LOST;
      case 65 -> Rejected.Reason.QUOTA_EXCEEDED;
      default -> throw reader.unknown("reason " + code);
    };
  }
}
