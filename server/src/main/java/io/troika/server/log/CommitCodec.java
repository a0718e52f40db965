package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;

import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Transactions of clients, in the frame and with the words of {@link CommandCodec}.
 *
 * <pre>{@code
 * 1 commit              id, storage 4, candidate 8, metadata,
 *                       n * read (oid 8, serial 8), n * write (oid 8, serial 8, length 4, data),
 *                       n * delete (oid 8, serial 8), n * undo (tid 8)
 * 21 commit with blobs  as 1, and after the serial of each write:
 *                       blob 1: 0 none | 1 reference as BlobCodec writes it
 * 30 staged commit      as 21, and before the reads: stages as StagesCodec writes them;
 *                       and in place of (length, data): form 1: 0 length 4, data
 *                                                             | 1 place as StagesCodec writes it
 * }</pre>
 */
final class CommitCodec {
  static final int COMMIT = 1;
  static final int COMMIT_WITH_BLOBS = 21;
  static final int STAGED_COMMIT = 30;

  private static final int OID_AND_SERIAL_BYTES = Long.BYTES + Long.BYTES;
  private static final int WRITE_BYTES_MIN = OID_AND_SERIAL_BYTES + Integer.BYTES;

  private CommitCodec() {}

  static int kind(CommitTransaction commit) {
    if (!commit.stages().isEmpty()) {
      return STAGED_COMMIT;
    }
    return hasBlobs(commit) ? COMMIT_WITH_BLOBS : COMMIT;
  }

  private static boolean hasBlobs(CommitTransaction commit) {
    for (Write write : commit.writes()) { // several times for each commit
      if (write.blob() != null) {
        return true;
      }
    }
    return false;
  }

  static long bodySize(CommitTransaction commit) {
    int kind = kind(commit);
    long size = TRANSACTION_ID_BYTES + Integer.BYTES + Long.BYTES;
    size += ByteWriter.sizeOfMetadata(commit.metadata());
    size += kind == STAGED_COMMIT ? StagesCodec.size(commit.stages()) : 0;
    return size + partsSize(kind, commit);
  }

  /** What {@link #writeParts} takes. */
  static long partsSize(int kind, CommitTransaction commit) {
    long size = 4L * Integer.BYTES; // the four counts
    size += (long) OID_AND_SERIAL_BYTES * (commit.reads().size() + commit.deletes().size());
    size += (long) Long.BYTES * commit.undos().size();
    size += (long) OID_AND_SERIAL_BYTES * commit.writes().size();
    for (Write write : commit.writes()) {
      size += dataSize(write);
      size += write.blob() == null ? 0 : BlobCodec.REFERENCE_BYTES;
    }
    size += kind == COMMIT ? 0 : commit.writes().size();
    size += kind == STAGED_COMMIT ? commit.writes().size() : 0;
    return size;
  }

  private static int dataSize(Write write) {
    Bytes data = write.data();
    return data == null ? StagesCodec.PLACE_BYTES : ByteWriter.sizeOfBytes32(data);
  }

  static void write(ByteWriter writer, CommitTransaction commit) {
    int kind = kind(commit);
    writer.transactionId(commit.id()).storage(commit.storage()).tid(commit.candidate());
    writer.metadata(commit.metadata());
    if (kind == STAGED_COMMIT) {
      StagesCodec.write(writer, commit.stages());
    }
    writeParts(writer, kind, commit);
  }

  /** Its reads, writes, deletes and undos, as a commit of this kind has them. */
  static void writeParts(ByteWriter writer, int kind, CommitTransaction commit) {
    writer.i32(commit.reads().size());
    commit.reads().forEach(read -> writer.oid(read.oid()).tid(read.serial()));
    writer.i32(commit.writes().size());
    for (Write write : commit.writes()) {
      writer.oid(write.oid()).tid(write.serial());
      if (kind != COMMIT) {
        writeBlob(writer, write.blob());
      }
      writeData(writer, kind, commit.stages(), write);
    }
    writer.i32(commit.deletes().size());
    commit.deletes().forEach(delete -> writer.oid(delete.oid()).tid(delete.serial()));
    writer.i32(commit.undos().size());
    commit.undos().forEach(writer::tid);
  }

  private static void writeBlob(ByteWriter writer, @Nullable BlobReference blob) {
    writer.u8(blob == null ? 0 : 1);
    if (blob != null) {
      BlobCodec.write(writer, blob);
    }
  }

  private static void writeData(
      ByteWriter writer, int kind, List<BlobReference> stages, Write write) {
    Bytes data = write.data();
    if (kind == STAGED_COMMIT) {
      writer.u8(data == null ? 1 : 0);
    }
    if (data == null) {
      StagesCodec.write(writer, stages, Objects.requireNonNull(write.staged()));
    } else {
      writer.bytes32(data);
    }
  }

  static CommitTransaction read(int kind, ByteReader body) {
    TransactionId id = body.transactionId();
    StorageId storage = body.storage();
    Tid candidate = body.tid();
    TransactionMetadata metadata = body.metadata();
    List<BlobReference> stages = kind == STAGED_COMMIT ? StagesCodec.read(body) : List.of();
    CommitTransaction commit =
        new CommitTransaction(
            id,
            storage,
            candidate,
            metadata,
            readChecks(body),
            readWrites(kind, body, stages),
            readDeletes(body),
            readUndos(body),
            stages);
    if (kind(commit) != kind) {
      throw body.corrupt("a commit of kind " + kind + " that should be " + kind(commit));
    }
    return commit;
  }

  static List<ReadCheck> readChecks(ByteReader body) {
    return body.list(OID_AND_SERIAL_BYTES, () -> new ReadCheck(body.oid(), body.tid()));
  }

  static List<Write> readWrites(int kind, ByteReader body, List<BlobReference> stages) {
    return body.list(WRITE_BYTES_MIN, () -> readWrite(body, kind, stages));
  }

  static List<Delete> readDeletes(ByteReader body) {
    return body.list(OID_AND_SERIAL_BYTES, () -> new Delete(body.oid(), body.tid()));
  }

  static List<Tid> readUndos(ByteReader body) {
    return body.list(Long.BYTES, body::tid);
  }

  private static Write readWrite(ByteReader body, int kind, List<BlobReference> stages) {
    Oid oid = body.oid();
    Tid serial = body.tid();
    @Nullable BlobReference blob =
        kind != COMMIT && body.flag() ? BlobCodec.readReference(body) : null;
    if (kind == STAGED_COMMIT && body.flag()) {
      StagedData staged = StagesCodec.read(body, stages);
      return new Write(oid, serial, null, blob, staged);
    }
    return new Write(oid, serial, body.bytes32(), blob);
  }
}
