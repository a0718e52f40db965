package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;
import static io.troika.server.log.ByteWriter.UUID_BYTES;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.StorageId;

/**
 * One command inside a log entry: kind, length, body. A kind is never given another meaning or
 * another body; what changes gets a new number.
 *
 * <pre>{@code
 * id        = client uuid 16, sequence 8
 * metadata  = user, description, extension, each: length 2, bytes
 * n *       = count 4, then so many
 *
 * 3 abandon  id
 * 4 oids     storage 4, count 4
 * 5 create   length 4, name in UTF-8, uuid 16
 * 6 no-op    nothing
 * 1, 21, 30     transactions of clients: CommitCodec
 * 2, 7, 22, 31  copies: RestoreCodec
 *
 * 20 stage chunk  storage 4, blob id, chunk bytes 4, offset 8, keep ms 8, max in storage 8,
 *                 max in group 8, length 4, data
 *
 * 35, 92             over several storages, see JointCodec
 *
 * 40 start pack      storage 4, horizon 8, garbage 1
 * 41 pack step       storage 4, horizon 8, rows 4, bytes 8
 * 42 remove garbage  storage 4, horizon 8, as of 8, n * (oid 8, serial 8)
 * 43 end garbage     storage 4, horizon 8, length 4, problem in UTF-8
 *
 * 55, 56, 57, 65     whole storages, see StorageCommandCodec
 * 60 change access   as AccessCodec writes it
 * 80 to 84           Raft groups, see GroupCodec
 * }</pre>
 */
final class CommandCodec {
  static final int HEADER_BYTES = 1 + Integer.BYTES;

  private static final int ABANDON = 3;
  private static final int ALLOCATE_OIDS = 4;
  private static final int CREATE_STORAGE = 5;
  private static final int NO_OPERATION = 6;
  private static final int STAGE_CHUNK = 20;
  private static final int START_PACK = 40;
  private static final int PACK_STEP = 41;
  private static final int REMOVE_GARBAGE = 42;
  private static final int END_GARBAGE = 43;

  private static final int OID_AND_SERIAL_BYTES = Long.BYTES + Long.BYTES;
  private static final int PACK_BYTES = Integer.BYTES + Long.BYTES;
  private static final int STAGE_FIXED_BYTES =
      Integer.BYTES + BlobCodec.ID_BYTES + 2 * Integer.BYTES + 4 * Long.BYTES;

  private CommandCodec() {}

  static int encodedSize(Command command) {
    return Math.toIntExact(HEADER_BYTES + bodySize(command));
  }

  private static long bodySize(Command command) {
    if (command instanceof CommitTransaction commit) {
      return CommitCodec.bodySize(commit);
    } else if (command instanceof CommitTogether together) {
      return JointCodec.bodySize(together);
    } else if (command instanceof RestoreTransactions restore) {
      return RestoreCodec.bodySize(restore);
    } else if (command instanceof AbandonTransaction) {
      return TRANSACTION_ID_BYTES;
    } else if (command instanceof AllocateOids) {
      return 2L * Integer.BYTES;
    } else if (command instanceof CreateStorage create) {
      return (long) ByteWriter.sizeOfBytes32(ByteWriter.text(create.name())) + UUID_BYTES;
    } else if (command instanceof NoOperation) {
      return 0;
    } else if (command instanceof StageChunk stage) {
      return STAGE_FIXED_BYTES + (long) stage.data().size();
    } else if (command instanceof StartPack) {
      return PACK_BYTES + 1L;
    } else if (command instanceof EndGarbage end) {
      return (long) PACK_BYTES + ByteWriter.sizeOfBytes32(ByteWriter.text(end.problem()));
    } else if (command instanceof PackStep) {
      return (long) PACK_BYTES + Integer.BYTES + Long.BYTES;
    } else if (command instanceof RemoveGarbage remove) {
      return PACK_BYTES
          + Long.BYTES
          + Integer.BYTES
          + (long) OID_AND_SERIAL_BYTES * remove.objects().size();
    }
    if (command instanceof ChangeAccess change) {
      return AccessCodec.bodySize(change);
    } else if (command instanceof GroupChange change) {
      return GroupCodec.bodySize(change);
    }
    return StorageCommandCodec.bodySize(command);
  }

  static void write(ByteWriter writer, Command command) {
    writer.u8(kind(command)).i32(Math.toIntExact(bodySize(command)));
    if (command instanceof CommitTransaction commit) {
      CommitCodec.write(writer, commit);
    } else if (command instanceof CommitTogether together) {
      JointCodec.write(writer, together);
    } else if (command instanceof RestoreTransactions restore) {
      RestoreCodec.write(writer, restore);
    } else if (command instanceof AbandonTransaction abandon) {
      writer.transactionId(abandon.id());
    } else if (command instanceof AllocateOids allocate) {
      writer.storage(allocate.storage()).i32(allocate.count());
    } else if (command instanceof CreateStorage create) {
      writer.bytes32(ByteWriter.text(create.name())).uuid(create.uuid());
    } else if (command instanceof StageChunk stage) {
      writeStage(writer, stage);
    } else if (command instanceof StartPack start) {
      writer.storage(start.storage()).tid(start.horizon()).u8(start.collectGarbage() ? 1 : 0);
    } else if (command instanceof PackStep step) {
      writer.storage(step.storage()).tid(step.horizon()).i32(step.rowsMax()).i64(step.bytesMax());
    } else if (command instanceof RemoveGarbage remove) {
      writer.storage(remove.storage()).tid(remove.horizon()).tid(remove.asOf());
      writer.i32(remove.objects().size());
      remove.objects().forEach(each -> writer.oid(each.oid()).tid(each.serial()));
    } else if (command instanceof EndGarbage end) {
      writer.storage(end.storage()).tid(end.horizon());
      writer.bytes32(ByteWriter.text(end.problem()));
    } else if (command instanceof ChangeAccess change) {
      AccessCodec.write(writer, change);
    } else if (command instanceof GroupChange change) {
      GroupCodec.write(writer, change);
    } else if (!(command instanceof NoOperation)) {
      StorageCommandCodec.write(writer, command);
    }
  }

  private static int kind(Command command) {
    if (command instanceof CommitTransaction commit) {
      return CommitCodec.kind(commit);
    } else if (command instanceof CommitTogether together) {
      return JointCodec.kind(together);
    } else if (command instanceof StageChunk) {
      return STAGE_CHUNK;
    } else if (command instanceof RestoreTransactions restore) {
      return RestoreCodec.kind(restore);
    } else if (command instanceof AbandonTransaction) {
      return ABANDON;
    } else if (command instanceof AllocateOids) {
      return ALLOCATE_OIDS;
    } else if (command instanceof CreateStorage) {
      return CREATE_STORAGE;
    } else if (command instanceof NoOperation) {
      return NO_OPERATION;
    } else if (command instanceof StartPack) {
      return START_PACK;
    } else if (command instanceof PackStep) {
      return PACK_STEP;
    } else if (command instanceof RemoveGarbage) {
      return REMOVE_GARBAGE;
    } else if (command instanceof EndGarbage) {
      return END_GARBAGE;
    } else if (command instanceof ChangeAccess) {
      return AccessCodec.CHANGE;
    } else if (command instanceof GroupChange change) {
      return GroupCodec.kind(change);
    }
    return StorageCommandCodec.kind(command);
  }

  private static void writeStage(ByteWriter writer, StageChunk stage) {
    writer.storage(stage.storage());
    BlobCodec.write(writer, stage.blob());
    writer.i32(stage.chunkBytes()).i64(stage.offset()).i64(stage.terms().keepMillis());
    writer.i64(stage.terms().storageBytesMax()).i64(stage.terms().groupBytesMax());
    writer.bytes32(stage.data());
  }

  static Command read(ByteReader reader) {
    int kind = reader.u8();
    ByteReader body = reader.part("command of kind " + kind, reader.i32());
    Command command = body.checked(() -> readBody(kind, body));
    body.requireEnd();
    return command;
  }

  private static Command readBody(int kind, ByteReader body) {
    return switch (kind) {
      case CommitCodec.COMMIT, CommitCodec.COMMIT_WITH_BLOBS, CommitCodec.STAGED_COMMIT ->
          CommitCodec.read(kind, body);
      case JointCodec.COMMIT_TOGETHER, JointCodec.STAGED_COMMIT_TOGETHER ->
          JointCodec.read(kind, body);
      case STAGE_CHUNK -> readStage(body);
      case RestoreCodec.ONE, RestoreCodec.SEVERAL, RestoreCodec.WITH_BLOBS, RestoreCodec.STAGED ->
          RestoreCodec.read(kind, body);
      case ABANDON -> new AbandonTransaction(body.transactionId());
      case ALLOCATE_OIDS -> new AllocateOids(body.storage(), body.i32());
      case CREATE_STORAGE -> new CreateStorage(body.text(), body.uuid());
      case NO_OPERATION -> new NoOperation();
      case START_PACK -> new StartPack(body.storage(), body.tid(), body.flag());
      case PACK_STEP -> new PackStep(body.storage(), body.tid(), body.i32(), body.i64());
      case REMOVE_GARBAGE ->
          new RemoveGarbage(
              body.storage(),
              body.tid(),
              body.tid(),
              body.list(OID_AND_SERIAL_BYTES, () -> new Garbage(body.oid(), body.tid())));
      case END_GARBAGE -> new EndGarbage(body.storage(), body.tid(), body.text());
      case AccessCodec.CHANGE -> AccessCodec.readChange(body);
      default ->
          GroupCodec.isKind(kind)
              ? GroupCodec.read(kind, body)
              : StorageCommandCodec.read(kind, body);
    };
  }

  private static StageChunk readStage(ByteReader body) {
    StorageId storage = body.storage();
    BlobId blob = BlobCodec.readId(body);
    int chunkBytes = body.i32();
    long offset = body.i64();
    StageChunk.Terms terms = new StageChunk.Terms(body.i64(), body.i64(), body.i64());
    return new StageChunk(storage, blob, chunkBytes, offset, body.bytes32(), terms);
  }
}
