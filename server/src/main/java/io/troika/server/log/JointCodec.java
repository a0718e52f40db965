package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import org.jspecify.annotations.Nullable;

/**
 * Transactions over several storages. Written as in {@link CommandCodec}, with a flag in each write
 * whether or not there is a blob:
 *
 * <pre>{@code
 * 35 commit together  id, candidate 8, metadata, n * share
 *
 * share = storage 4, n * read (oid 8, serial 8),
 *         n * write (oid 8, serial 8, blob 1: 0 none | 1 reference, length 4, data),
 *         n * delete (oid 8, serial 8), n * undo (tid 8)
 * }</pre>
 */
final class JointCodec {
  static final int COMMIT_TOGETHER = 35;

  private static final int OID_AND_SERIAL_BYTES = Long.BYTES + Long.BYTES;
  private static final int WRITE_BYTES_MIN = OID_AND_SERIAL_BYTES + 1 + Integer.BYTES;
  private static final int SHARE_BYTES_MIN = 5 * Integer.BYTES;

  private JointCodec() {}

  static long bodySize(CommitTogether command) {
    long size = TRANSACTION_ID_BYTES + Long.BYTES + Integer.BYTES;
    size += ByteWriter.sizeOfMetadata(command.metadata());
    for (Share share : command.shares()) {
      size += SHARE_BYTES_MIN;
      size += (long) OID_AND_SERIAL_BYTES * (share.reads().size() + share.deletes().size());
      size += (long) Long.BYTES * share.undos().size();
      for (Write write : share.writes()) {
        size += WRITE_BYTES_MIN + write.dataBytes();
        size += write.blob() == null ? 0 : BlobCodec.REFERENCE_BYTES;
      }
    }
    return size;
  }

  static void write(ByteWriter writer, CommitTogether command) {
    writer.transactionId(command.id()).tid(command.candidate()).metadata(command.metadata());
    writer.i32(command.shares().size());
    command.shares().forEach(share -> write(writer, share));
  }

  private static void write(ByteWriter writer, Share share) {
    writer.storage(share.storage());
    writer.i32(share.reads().size());
    share.reads().forEach(read -> writer.oid(read.oid()).tid(read.serial()));
    writer.i32(share.writes().size());
    for (Write write : share.writes()) {
      writer.oid(write.oid()).tid(write.serial());
      CommitCodec.writeBlob(writer, write.blob());
      writer.bytes32(requireNonNull(write.data()));
    }
    writer.i32(share.deletes().size());
    share.deletes().forEach(delete -> writer.oid(delete.oid()).tid(delete.serial()));
    writer.i32(share.undos().size());
    share.undos().forEach(writer::tid);
  }

  static CommitTogether read(ByteReader body) {
    return new CommitTogether(
        body.transactionId(),
        body.tid(),
        body.metadata(),
        body.list(SHARE_BYTES_MIN, () -> readShare(body)));
  }

  private static Share readShare(ByteReader body) {
    return new Share(
        body.storage(),
        body.list(OID_AND_SERIAL_BYTES, () -> new ReadCheck(body.oid(), body.tid())),
        body.list(WRITE_BYTES_MIN, () -> readWrite(body)),
        body.list(OID_AND_SERIAL_BYTES, () -> new Delete(body.oid(), body.tid())),
        body.list(Long.BYTES, body::tid));
  }

  private static Write readWrite(ByteReader body) {
    Oid oid = body.oid();
    Tid serial = body.tid();
    @Nullable BlobReference blob = body.flag() ? BlobCodec.readReference(body) : null;
    return new Write(oid, serial, body.bytes32(), blob);
  }
}
